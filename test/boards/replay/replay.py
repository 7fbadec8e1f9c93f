"""Plays a recording to the module in wasm3, as replay.c does to its machine code: what it reads is what was recorded, and
whatever it does must be. Arguments: the wasm file and the recording, a list of numbers in JSON with the names of the calls."""

import json
import sys

import wasm3

END, CALL, READ, WRITE, MEMORY, RETURN = range(6)
CALL_ARGUMENTS = 5
STACK_BYTES = 16 * 1024


def signed(word):
    return word - (1 << 32) if word & 0x80000000 else word


class Replay:
    def __init__(self, wasm, words, names, counts):
        self.words, self.names, self.counts = words, names, counts
        self.at, self.calls = 0, 0
        environment = wasm3.Environment()
        self.runtime = environment.new_runtime(STACK_BYTES)
        module = environment.parse_module(wasm)
        self.runtime.load(module)
        module.link_function("bus", "read32", "i(i)", self.read)
        module.link_function("bus", "write32", "v(ii)", self.write)

    def expect(self, what, value):
        recorded = self.words[self.at]
        if value & 0xFFFFFFFF != recorded:
            sys.exit(f"differs at word {self.at}: {what} {value & 0xFFFFFFFF:#x}, recorded {recorded:#x}")
        self.at += 1

    def read(self, address):
        self.expect("a read", READ)
        self.expect("of register", address)
        self.at += 1
        return signed(self.words[self.at - 1])

    def write(self, address, value):
        self.expect("a write", WRITE)
        self.expect("to register", address)
        self.expect("of value", value)
        self.put_memory()

    def put_memory(self):
        while self.words[self.at] == MEMORY:
            address, count = self.words[self.at + 1 : self.at + 3]
            memory = self.runtime.get_memory(0)
            for word in self.words[self.at + 3 : self.at + 3 + count]:
                memory[address : address + 4] = word.to_bytes(4, "little")
                address += 4
            self.at += 3 + count

    def play(self):
        while True:
            self.put_memory()
            if self.words[self.at] == END:
                return
            self.expect("a call", CALL)
            function = self.runtime.find_function(self.names[self.words[self.at]])
            arguments = self.words[self.at + 1 : self.at + 1 + self.counts[self.words[self.at]]]
            self.at += 1 + CALL_ARGUMENTS
            answer = function(*map(signed, arguments))
            self.calls += 1
            self.expect("its end", RETURN)
            self.expect("its answer", answer or 0)

    def digest(self, size):
        digest = 0x811C9DC5
        memory = bytes(self.runtime.get_memory(0)[:size])
        for at in range(0, size, 4):
            digest = ((digest ^ int.from_bytes(memory[at : at + 4], "little")) * 0x01000193) & 0xFFFFFFFF
        return digest


with open(sys.argv[1], "rb") as wasm, open(sys.argv[2]) as recording:
    told = json.load(recording)
    replay = Replay(wasm.read(), told["words"], told["names"], told["counts"])
replay.play()
print(f"{replay.calls} calls, memory {replay.digest(told['bytes']):08x}")
