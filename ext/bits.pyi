from wayside.ext.arrays import Bytes, Longs

def append(
    octets: Bytes, offsets: Longs, bits: Longs, more: Bytes, more_offsets: Longs, more_bits: Longs
) -> tuple[Bytes, Longs, Longs]: ...
