"""How rust-lldb shows values: a text in one line, and of an enum the variant that it is."""

# Without this, the bytes of a text follow it, one a line.
TEXTS = [
    'StdStringSummaryProvider --regex "^alloc::string::String$"',
    'summary_lookup --regex "^&(mut )?str$"',
]


def numbers(value, _):
    """The bytes of an address as numbers."""
    value = value.GetNonSyntheticValue()
    shown = range(min(value.GetNumChildren(), 24))
    return "{" + ", ".join(str(value.GetChildAtIndex(i).GetValueAsUnsigned()) for i in shown) + "}"


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
    for text in TEXTS:
        summary = "type summary add --category lessons --python-function lldb_lookup."
        debugger.HandleCommand(summary + text)
    bytes = r'--no-value --python-function values.numbers --regex "^unsigned char ?\[[0-9]+\]$"'
    debugger.HandleCommand("type summary add --category lessons " + bytes)
    debugger.HandleCommand("type category enable lessons")

    import lldb_providers

    lldb_providers.ClangEncodedEnumProvider._getCurrentVariantIndex = variant_index
