"""What gdb and lldb are told of the lessons: where their first numbered step is, and when a line is done."""


def main_of(program):
    """The name of the lesson's `main`: Rust writes `_` for the `-` of a package's name."""
    package = program.replace("\\", "/").split("/")[-1].removesuffix(".exe")
    return package.replace("-", "_") + "::main"


def first_step(path):
    """The number of the line with the first step: the statement below its comment."""
    with open(path, encoding="utf-8") as source:
        is_near = False
        for number, line in enumerate(source, 1):
            is_comment = line.strip().startswith("//")
            is_near = is_near or is_comment and "// Step" in line
            if is_near and not is_comment:
                return number
    raise LookupError("no numbered step in " + path)


def stop_in_gdb(gdb):
    """Has gdb stop once, at the first step."""
    _, places = gdb.decode_line(main_of(gdb.current_progspace().filename))
    path = places[0].symtab.fullname()
    gdb.Breakpoint(f"{path}:{first_step(path)}", temporary=True)


def __lldb_init_module(debugger, _):
    """Has lldb stop once, at the first step."""
    target = debugger.GetSelectedTarget()
    main = target.FindFunctions(main_of(target.GetExecutable().GetFilename()))[0]
    file = main.GetFunction().GetStartAddress().GetLineEntry().GetFileSpec()
    step = target.BreakpointCreateByLocation(file, first_step(file.fullpath))
    step.SetOneShot(True)


def place_in_gdb(gdb):
    """The frame, the line and the instruction where the program is; nothing if it does not run."""
    if not gdb.selected_thread():
        return None, 0, 0
    frame = gdb.selected_frame()
    return frame, frame.find_sal().line, frame.pc()


def finish_line_in_gdb(gdb, command, before):
    """Goes on if gdb has stopped once more in the line where it was, further on: it does so after some `?`."""
    after = place_in_gdb(gdb)
    while after[0] and after[:2] == before[:2] and after[2] > before[2]:
        before = after
        gdb.execute(command)
        after = place_in_gdb(gdb)
