/*
 * A plugin for QEMU that counts how often each instruction was executed between two moments: the first and the second time
 * that the instruction at `mark` is. Arguments: mark=ADDRESS, out=FILE. A line of the file is an address and a count.
 *
 * Debian has no header for plugins, so what is used of QEMU's interface, version 1, is declared here.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct block;
struct instruction;
enum flags { NO_REGISTERS };
enum operation { ADD_U64 };
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct block *));
size_t qemu_plugin_tb_n_insns(const struct block *);
struct instruction *qemu_plugin_tb_get_insn(const struct block *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct instruction *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct instruction *, enum operation, void *, uint64_t);
void qemu_plugin_register_vcpu_insn_exec_cb(struct instruction *, void (*)(unsigned, void *), enum flags, void *);

#define PUBLIC __attribute__((visibility("default")))
PUBLIC int qemu_plugin_version = 1;

/* Flash is at most this large; code lies on even addresses. */
#define CODE_BYTES (4u << 20)
static uint64_t counts[CODE_BYTES / 2];
static uint64_t mark;
static const char *out;
static int marks;

static void write_counts(void) {
  FILE *file = fopen(out, "w");
  if (file == NULL) {
    perror(out);
    exit(1);
  }
  for (uint32_t i = 0; i < CODE_BYTES / 2; i++) {
    if (counts[i] != 0) fprintf(file, "%" PRIu32 " %" PRIu64 "\n", 2 * i, counts[i]);
  }
  fclose(file);
}

static void marked(unsigned processor, void *data) {
  (void)processor, (void)data;
  marks++;
  if (marks == 1) memset(counts, 0, sizeof counts);
  else if (marks == 2) write_counts();
}

static void translated(plugin_id id, struct block *block) {
  (void)id;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
    struct instruction *instruction = qemu_plugin_tb_get_insn(block, i);
    uint64_t address = qemu_plugin_insn_vaddr(instruction);
    if (address >= CODE_BYTES) continue;
    qemu_plugin_register_vcpu_insn_exec_inline(instruction, ADD_U64, &counts[address / 2], 1);
    if (address == mark) qemu_plugin_register_vcpu_insn_exec_cb(instruction, marked, NO_REGISTERS, NULL);
  }
}

PUBLIC int qemu_plugin_install(plugin_id id, const void *info, int count, char **arguments) {
  (void)info;
  for (int i = 0; i < count; i++) {
    if (strncmp(arguments[i], "mark=", 5) == 0) mark = strtoull(arguments[i] + 5, NULL, 0);
    if (strncmp(arguments[i], "out=", 4) == 0) out = strdup(arguments[i] + 4);
  }
  if (out == NULL) return 1;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  return 0;
}
