"""How gdb and lldb show values: bytes as text and as numbers, an address as one writes it, a socket by its number, and
of the settings those that the lesson takes. In lldb also: a text in one line, and of an enum the variant that it is."""

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
        """The number that it is, or that its innermost field is."""
        import gdb

        value = self.value
        while value.type.code == gdb.TYPE_CODE_STRUCT:
            value = value[value.type.fields()[0]]
        return int(value)

    def shown(self):
        return self.value.format_string(repeat_threshold=0)

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

        # Of memory that cannot be read, Rust's printer says so in a text.
        elements = (element for _, element in gdb_lookup.printer(self.value).children())
        return (InGdb(element) for element in elements if not isinstance(element, str))

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
        value = self.value
        while value.GetNumChildren():
            value = value.GetChildAtIndex(0)
        return value.GetValueAsUnsigned()

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
    address = ip_address(bytes(map(int, value["octets"])))
    mapped = getattr(address, "ipv4_mapped", None)
    return f"::ffff:{mapped}" if mapped else str(address)


def socket_addr(value):
    address = ip(value["ip"])
    address = f"[{address}]" if ":" in address else address
    return f"{address}:{int(value['port'])}"


def duration(value):
    return f"{int(value['secs']) + int(value['nanos']) / 1e9:g} s"


def quoted(value):
    """The text in a value that shows as it is, or as `Some` of it."""
    return "".join(re.findall('"(.*)"', value.shown() or "", re.DOTALL))


def address(value):
    """A mail address; nothing where it has been moved away, and its memory holds something else."""
    text = bytes(map(int, islice(value["serialized"]["vec"], MANY)))
    at = int(value["at_start"])
    return text.decode(errors="replace") if text[at : at + 1] == b"@" else None


def mailbox(value):
    email = address(value["email"])
    if not email:
        return "moved away"
    name = quoted(value["name"])
    return f"{name} <{email}>" if name else email


def error(value):
    """What an error says; before there is one, its memory holds anything."""
    try:
        return quoted(value["message"]) or "none"
    except Exception:
        return "none"


def header(value):
    return f"{quoted(value['name']['__0'])}: {quoted(value['raw_value'])}"


def settings(value):
    taken = (setting for setting in value["settings"] if int(setting["is_taken"]))
    shown = ((quoted(setting["name"]), quoted(setting["value"])) for setting in taken)
    return "{" + ", ".join(f"{name}={'****' if name.endswith('PASSWORD') else text}" for name, text in shown) + "}"


# The names of types, and how their values are shown.
WAYS = {
    r"&(mut )?\[u8\]|\[u8; [0-9]+\]|unsigned char ?\[[0-9]+\]|alloc::vec::Vec<(u8|unsigned char), .*>": in_bytes,
    r"core::net::ip_addr::Ipv[46]Addr": ip,
    r"core::net::socket_addr::SocketAddrV[46]": socket_addr,
    r"core::net::(ip_addr::IpAddr|socket_addr::SocketAddr)": lambda value: value.variant().shown(),
    r"core::time::Duration": duration,
    r"std::net::(udp::UdpSocket|tcp::TcpStream|tcp::TcpListener)": lambda value: f"fd {int(value)}",
    r"lettre::address::types::Address": lambda value: address(value) or "moved away",
    r"lettre::message::header::HeaderValue": header,
    r"lettre::message::mailbox::types::Mailbox": mailbox,
    r"lettre::message::mailbox::types::Mailboxes": lambda value: ", ".join(map(mailbox, value["__0"])),
    r"accounts::Account": lambda value: f"{quoted(value['user'])} at {quoted(value['url'])}",
    r"shared::config::Config": settings,
    r"shared::error::Error": error,
    r"shared::addr::Addr": lambda value: quoted(value["text"]),
}


def way_to_show(name):
    return next((way for names, way in WAYS.items() if re.fullmatch(names, name)), None)


def show_in_gdb(gdb):
    """Has gdb show values, and what a reference leads to."""
    try:
        # In the locale C, gdb would show each byte of a Chinese character as a number.
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        pass

    def printer(value):
        if value.type.code == gdb.TYPE_CODE_PTR and way_to_show(str(value.type.target())):
            value = value.dereference()
        return InGdb(value) if way_to_show(str(value.type)) else None

    # Before Rust's.
    gdb.objfiles()[0].pretty_printers.insert(0, printer)


def show_in_lldb(value, _):
    return way_to_show(value.GetTypeName().removesuffix(" *"))(InLldb(value))


def show_text(value, scope):
    import lldb_lookup

    try:
        return lldb_lookup.summary_lookup(value, scope)
    except Exception:
        # What a moved value points to may not be there any more, or be no text.
        return "moved away"


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
    show("summary", '--python-function values.show_text --regex "^(alloc::string::String|&(mut )?str)$"')
    # A byte: 72 'H'.
    show("format", '--format unsigned "unsigned char"')
    show("summary", '--summary-string "${var%c}" "unsigned char"')
    for name in WAYS:
        show("summary", f'--no-value --python-function values.show_in_lldb --regex "^({name})$"')
    debugger.HandleCommand("type category enable lessons")
