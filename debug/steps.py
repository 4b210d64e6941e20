"""Has gdb and lldb stop a lesson at its first numbered step."""

import os


def main_of(program):
    """The name of the lesson's `main`: Rust writes `_` for the `-` of a package's name."""
    package = program.replace("\\", "/").split("/")[-1].removesuffix(".exe")
    return package.replace("-", "_") + "::main"


def first_step(path, main):
    """The number of the line with the first step, the statement below its comment; without one, that of `main`."""
    with open(path, encoding="utf-8") as source:
        is_near = False
        for number, line in enumerate(source, 1):
            is_comment = line.strip().startswith("//")
            is_near = is_near or is_comment and "// Step" in line
            if is_near and not is_comment:
                return number
    return main


def stop_in_gdb(gdb):
    """Has gdb stop once, at the first step."""
    _, places = gdb.decode_line(main_of(gdb.current_progspace().filename))
    path = places[0].symtab.fullname()
    gdb.Breakpoint(source=path, line=first_step(path, places[0].line), temporary=True)


def __lldb_init_module(debugger, _):
    """Has lldb stop once, at the first step."""
    target = debugger.GetSelectedTarget()
    main = target.FindFunctions(main_of(target.GetExecutable().GetFilename()))[0]
    entry = main.GetFunction().GetStartAddress().GetLineEntry()
    file = entry.GetFileSpec()
    step = target.BreakpointCreateByLocation(file, first_step(file.fullpath, entry.GetLine()))
    step.SetOneShot(True)
    # In a terminal, the status line of new versions makes `next` skip lines.
    debugger.SetInternalVariable("show-statusline", "false", debugger.GetInstanceName())
    # Without this, Ctrl-C does not interrupt a lesson that the command line has started.
    if all(map(os.isatty, range(3))):
        for name in ("input", "output", "error"):
            debugger.HandleCommand(f"settings set target.{name}-path {os.ttyname(0)}")
