#!/usr/bin/env python3
"""Man pages and shell completion out of the program's own --help, so that they cannot say anything else.

    make_docs.py BINARY DIRECTORY

Writes DIRECTORY/man/man1/polyquant.1, polyquant-COMMAND.1 and DIRECTORY/polyquant.bash.
"""
import pathlib
import re
import subprocess
import sys


def help_of(binary, *words):
    done = subprocess.run([binary, *words, "--help"], capture_output=True, text=True, timeout=30)
    text = (done.stdout or done.stderr).replace(str(binary), "polyquant")
    if not text:
        sys.exit(f"make_docs: {' '.join(words) or 'the program'} has no --help")
    return text


def commands_in(text):
    """Name and summary of each line below "Subcommands:"."""
    found, inside = [], False
    for line in text.splitlines():
        if re.match(r"^[A-Z].*:$", line):
            inside = line == "Subcommands:"
        elif inside and (match := re.match(r"^  ([a-z][a-z0-9-]*)\s+(\S.*)$", line)):
            found.append(match.groups())
        elif inside and found and re.match(r"^ {10,}\S", line):
            found[-1] = (found[-1][0], found[-1][1] + " " + line.strip())
    return found


def options_in(text):
    return sorted(set(re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*)", text)))


def roff(text):
    """Text as it stands, safe from roff: no line begins a request, no backslash an escape."""
    return "\n".join(("\\&" if line[:1] in (".", "'") else "") + line for line in text.replace("\\", "\\e").replace("-", "\\-").splitlines())


def page(title, summary, text, version, see_also):
    return (
        f'.TH {title.upper()} 1 "" "{roff(version)}" "User Commands"\n.SH NAME\n{roff(title)} \\- {roff(summary)}\n'
        f".SH DESCRIPTION\n.nf\n{roff(text)}\n.fi\n.SH SEE ALSO\n{see_also}\n"
    )


def main():
    binary, target = sys.argv[1], pathlib.Path(sys.argv[2])
    folder = target / "man/man1"
    folder.mkdir(parents=True, exist_ok=True)
    version = "polyquant " + subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=30).stdout.split()[0]
    top = help_of(binary)
    commands = commands_in(top)
    if len(commands) < 10:
        sys.exit("make_docs: the subcommands in --help were not found")
    others = ", ".join(f".BR polyquant\\-{roff(name)} (1)".removeprefix(".BR ").replace(" (1)", "(1)") for name, _ in commands)
    (folder / "polyquant.1").write_text(page("polyquant", "engine for Polymarket's 5-minute crypto markets", top, version, others))
    options = {"": options_in(top)}
    nested = {}
    for name, summary in commands:
        text = help_of(binary, name)
        below = commands_in(text)
        nested[name] = [sub for sub, _ in below]
        body = text
        for sub, _ in below:
            more = help_of(binary, name, sub)
            body += f"\n{name} {sub}\n\n{more}"
            options[f"{name} {sub}"] = options_in(more)
        options[name] = options_in(text)
        (folder / f"polyquant-{name}.1").write_text(page(f"polyquant-{name}", summary, body, version, "polyquant(1)"))
    lines = ["# bash completion for polyquant; generated", "_polyquant() {", '    local word="${COMP_WORDS[COMP_CWORD]}" choices=""']
    lines += ['    local place="${COMP_WORDS[1]:-}" second="${COMP_WORDS[2]:-}"', "    if [ \"$COMP_CWORD\" -eq 1 ]; then"]
    lines += [f'        choices="{" ".join([name for name, _ in commands] + options[""])}"', "    else", '        case "$place $second" in']
    for name, subs in nested.items():
        for sub in subs:
            lines.append(f'        "{name} {sub}") choices="{" ".join(options[f"{name} {sub}"])}" ;;')
    for name, subs in nested.items():
        lines.append(f'        "{name} "*) choices="{" ".join(subs + options[name])}" ;;')
    lines += ["        esac", "    fi", '    COMPREPLY=($(compgen -W "$choices" -- "$word"))',
              '    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))', "}", "complete -o filenames -F _polyquant polyquant", ""]
    (target / "polyquant.bash").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
