// `thimble complete`: completion in the shell. Commands and options are read off the command line's own description by the
// library; values that it cannot know, such as the names of running stacks, are found here.

import type { OptionHandler } from "@bomb.sh/tab";
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";
import { stackNames } from "./control.ts";
import { examples } from "./options.ts";

/** What may stand behind an option, with a word about it. */
const VALUES: Readonly<Record<string, () => readonly (readonly [value: string, meaning: string])[]>> = {
  stack: () => stackNames().map(({ name, pid }) => [name, `process ${pid}`]),
  wire: () => [
    ["sim", "a simulated cable with a second machine at its other end"],
    ["tap:", "a TAP device of Linux"],
    ["stream:", "a Unix socket, as QEMU's -netdev stream has"],
    ["dgram:", "UDP on two local ports"],
  ],
  profile: () => ["node", "tiny", "eight", "crowd"].map((name) => [name, "a build of the firmware"]),
  autoconfigure: () =>
    ["routers", "link-local", "temporary", "ipv4-link-local"].map((name) => [name, "where addresses come from"]),
  congestion: () => ["cubic", "reno"].map((name) => [name, "a congestion controller"]),
};

/** Adds the command, after all others. */
export function registerCompletion(program: Command): void {
  const described = tab(program);
  for (const command of [described, ...described.commands.values()]) {
    for (const [name, option] of command.options) {
      const values = VALUES[name];
      if (values) option.handler = handlerOf(values);
    }
  }
  program.commands
    .find((command) => command.name() === "complete")
    ?.summary("print a script that lets your shell complete commands")
    .description("Prints a script that lets your shell complete commands, options and names of running stacks.")
    .addHelpText(
      "after",
      examples([
        ["thimble complete fish > ~/.config/fish/completions/thimble.fish", "for fish, once"],
        ["source <(thimble complete bash)", "in ~/.bashrc, where bash-completion is installed"],
        ["source <(thimble complete zsh)", "in ~/.zshrc"],
      ]),
    );
}

function handlerOf(values: (typeof VALUES)[string]): OptionHandler {
  return (complete) => {
    for (const [value, meaning] of values()) complete(value, meaning);
  };
}
