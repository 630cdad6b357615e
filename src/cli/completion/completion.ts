/** `sekali completion`: a script for a shell, made from the program as it is. */
import { Argument, type Command } from 'commander'
import { exitCode } from '../exit-code.ts'
import { addHelp } from '../help.ts'
import { print } from '../output.ts'
import { bashCompletion } from './bash.ts'
import { type CommandNode, commandTree } from './command-tree.ts'
import { fishCompletion } from './fish.ts'
import { zshCompletion } from './zsh.ts'

const shells = ['bash', 'zsh', 'fish'] as const

const scripts: Readonly<Record<(typeof shells)[number], (program: CommandNode, name: string) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

export function addCompletionCommand(program: Command): void {
  const command = program
    .command('completion')
    .description('a script that completes commands and options in your shell')
    .addArgument(new Argument('<SHELL>', 'bash, zsh or fish').choices(shells))
    .action(async (shell: (typeof shells)[number]) => {
      await print(scripts[shell](commandTree(program), program.name()))
      process.exitCode = exitCode.ok
    })
  addHelp(command, {
    examples: [
      ['source <(sekali completion bash)', 'bash, for now'],
      ['source <(sekali completion zsh)', 'zsh, for now; after compinit'],
      ['sekali completion fish | source', 'fish, for now'],
    ],
    notes: `
For good, into a folder that the shell reads:
  bash  ~/.local/share/bash-completion/completions/sekali
  zsh   _sekali in a folder of $fpath; compinit in ~/.zshrc
  fish  ~/.config/fish/completions/sekali.fish
Open a new shell then, and do it again after an update of Sekali.

Exit codes: 0 written, 2 no such shell.`,
  })
}
