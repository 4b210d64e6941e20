# `step` stays in the lesson: it passes over what lies outside, and what that is implemented for ...
skip -rfu ^(std|core|alloc|accounts|shared|lettre|suppaftp|mailparse|mend|rustls|rustls_native_certs|sanitise_file_name)::
skip -rfu ^<
# ... and over what the compiler calls to fill and to copy memory.
skip -rfu ^_*mem(cpy|move|set|cmp)
# What has several fields is shown one field a line, three levels deep, however many lines that are.
set print pretty on
set print max-depth 3
set pagination off
# Rust's texts are UTF-8, and so are the terminals that show them.
set charset UTF-8

source debug/values.py
python show_in_gdb(gdb)
source debug/steps.py
python stop_in_gdb(gdb)
run
