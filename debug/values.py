"""How gdb and lldb show values: bytes as text and as numbers, an address as one writes it, and of the settings those
that the lesson takes. In lldb also: a text in one line, and of an enum the variant that it is."""

import locale
import re
from ipaddress import ip_address
from itertools import islice

# So many bytes of a buffer are enough.
MANY = 100


class InGdb:
    """A value in gdb, and its printer."""

    def __init__(self, value):
        self.value, self.type = value, str(value.type)

    def __getitem__(self, field):
        return InGdb(self.value[field])

    def __int__(self):
        return int(self.value)

    def shown(self):
        return self.value.format_string()

    def variant(self):
        """What the variant of an enum holds."""
        return InGdb(self.value[self.value.type.fields()[-1]]["__0"])

    def __len__(self):
        if self.type.startswith("["):
            return self.value.type.range()[1] + 1
        return int(self.value["len" if "Vec" in self.type else "length"])

    def __iter__(self):
        if self.type.startswith("["):
            return (InGdb(self.value[index]) for index in range(len(self)))
        import gdb_lookup

        return (InGdb(element) for _, element in gdb_lookup.printer(self.value).children())

    def to_string(self):
        return way_to_show(self.type)(self)


class InLldb:
    """A value in lldb."""

    def __init__(self, value):
        self.value = value

    def __getitem__(self, field):
        child = self.value.GetNonSyntheticValue().GetChildMemberWithName(field)
        # As Rust's printers see it, a list has elements.
        child.SetPreferSyntheticValue(True)
        return InLldb(child)

    def __int__(self):
        return self.value.GetValueAsUnsigned()

    def shown(self):
        return self.value.GetSummary()

    def variant(self):
        return InLldb(self.value.GetChildAtIndex(0))

    def __len__(self):
        return self.value.GetNumChildren()

    def __iter__(self):
        return (InLldb(self.value.GetChildAtIndex(index)) for index in range(len(self)))


def in_bytes(value):
    """How many bytes, what text they are, and which numbers."""
    shown = bytes(map(int, islice(value, MANY)))
    is_cut = len(shown) < len(value)
    # What a buffer has not used yet says nothing.
    shown = shown.rstrip(b"\0") if is_cut else shown
    text = repr(shown.decode(errors="replace"))[1:-1]
    numbers = [str(number) for number in shown] + ["..."] * is_cut
    return f'{len(value)} bytes "{text}" {{{", ".join(numbers)}}}'


def ip(value):
    return str(ip_address(bytes(map(int, value["octets"]))))


def socket_addr(value):
    address = ip(value["ip"])
    address = f"[{address}]" if ":" in address else address
    return f"{address}:{int(value['port'])}"


def quoted(value):
    """The text in a value that shows as it is, or as `Some` of it."""
    return "".join(re.findall('"(.*)"', value.shown() or ""))


def mailbox(value):
    name, email = quoted(value["name"]), quoted(value["email"]["serialized"])
    if "@" not in email:
        return "moved away"
    return f"{name} <{email}>" if name else email


def header(value):
    return f"{quoted(value['name']['__0'])}: {quoted(value['raw_value'])}"


def settings(value):
    taken = (setting for setting in value["settings"] if int(setting["is_taken"]))
    shown = ((quoted(setting["name"]), quoted(setting["value"])) for setting in taken)
    # A password is shown nowhere.
    return "{" + ", ".join(f"{name}={'****' if name.endswith('PASSWORD') else text}" for name, text in shown) + "}"


# The names of types, and how their values are shown.
WAYS = {
    r"&(mut )?\[u8\]|\[u8; [0-9]+\]|unsigned char ?\[[0-9]+\]|alloc::vec::Vec<(u8|unsigned char), .*>": in_bytes,
    r"core::net::ip_addr::Ipv[46]Addr": ip,
    r"core::net::socket_addr::SocketAddrV[46]": socket_addr,
    r"core::net::(ip_addr::IpAddr|socket_addr::SocketAddr)": lambda value: value.variant().shown(),
    r"lettre::address::types::Address": lambda value: quoted(value["serialized"]),
    r"lettre::message::header::HeaderValue": header,
    r"lettre::message::mailbox::types::Mailbox": mailbox,
    r"lettre::message::mailbox::types::Mailboxes": lambda value: ", ".join(map(mailbox, value["__0"])),
    r"shared::config::Config": settings,
}


def way_to_show(type):
    return next((way for name, way in WAYS.items() if re.fullmatch(name, type)), None)


def show_in_gdb(gdb):
    """Puts the printers before Rust's."""
    try:
        # In the locale C, gdb would show each byte of a Chinese character as a number.
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        pass
    printers = gdb.objfiles()[0].pretty_printers
    printers.insert(0, lambda value: InGdb(value) if way_to_show(str(value.type)) else None)


def show_in_lldb(value, _):
    return way_to_show(value.GetTypeName().removesuffix(" *"))(InLldb(value))


def holds_capacity(value, address):
    """Whether a text or a list within the value has its capacity at this address."""
    if value.GetTypeName().endswith("UsizeNoHighBit"):
        return value.GetLoadAddress() == address
    fields = range(value.GetType().GetNumberOfFields())
    return any(holds_capacity(value.GetChildAtIndex(field), address) for field in fields)


def variant_index(_, variants):
    """Which variant it is: the one whose name has the stored number, else the one without a number.

    lldb cuts the number in the name to 32 bits. Rust stores numbers from 2**63 where a text or a list has its
    capacity, which is smaller; so without this `None` would be taken for a text, of any length.
    """
    found, rest = None, 0
    for index in range(variants.GetNumChildren()):
        variant = variants.GetChildAtIndex(index)
        stored = variant.GetChildMemberWithName("$discr$")
        if not stored.IsValid():
            rest = index
            continue
        number, address = stored.GetValueAsUnsigned(), stored.GetLoadAddress()
        short = number % 2**32 if number >= 2**63 else number
        if variant.GetName() in (f"$variant${number}", f"$variant${short}"):
            found = index
    if found is None:
        return rest
    content = variants.GetChildAtIndex(rest).GetChildMemberWithName("value").GetNonSyntheticValue()
    is_capacity = number < 2**63 and holds_capacity(content, address)
    return rest if is_capacity else found


def __lldb_init_module(debugger, _):
    try:
        import lldb_providers
    except ImportError:
        # VS Code on Windows may lack Rust's printers, on which these stand.
        return
    lldb_providers.ClangEncodedEnumProvider._getCurrentVariantIndex = variant_index

    def show(kind, what):
        debugger.HandleCommand(f"type {kind} add --category lessons {what}")

    # Without this, the bytes of a text follow it, one a line.
    show("summary", '--python-function lldb_lookup.StdStringSummaryProvider --regex "^alloc::string::String$"')
    show("summary", '--python-function lldb_lookup.summary_lookup --regex "^&(mut )?str$"')
    # A byte: 72 'H'.
    show("format", '--format unsigned "unsigned char"')
    show("summary", '--summary-string "${var%c}" "unsigned char"')
    for name in WAYS:
        show("summary", f'--no-value --python-function values.show_in_lldb --regex "^({name})$"')
    debugger.HandleCommand("type category enable lessons")
