package dev.ambit.waypoint.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.ambit.hbone.frames.Http2;
import io.netty.buffer.ByteBuf;

/// Header blocks of one direction of a connection (RFC 7541). A field that the table holds costs no
/// allocation, and is checked once, when it comes in.
final class HpackDecoder {
    /// Not a token in lower case, `:` in front allowed (RFC 9113 section 8.2.1).
    static final int BAD_NAME = 1;

    /// Has a control character.
    static final int BAD_VALUE = 2;

    interface Sink {
        /// @param faults `BAD_NAME`, `BAD_VALUE`, or both
        void onField(String name, String value, int faults);
    }

    /// RFC 7541 section 4.1.
    private static final int ENTRY_OVERHEAD = 32;

    private record Entry(String name, String value, int faults, int size) {}

    private final int maxTable;
    private final Entry[] ring;
    private int newest;
    private int count;
    private int tableSize;
    private int tableLimit;

    private byte[] in = new byte[1024];
    private int at;
    private int end;

    private byte[] text = new byte[256];
    private int faults;

    /// Octets of the last string as they count towards the table.
    private int octets;

    /// @param maxTable octets, as our SETTINGS_HEADER_TABLE_SIZE says
    HpackDecoder(int maxTable) {
        this.maxTable = maxTable;
        this.tableLimit = maxTable;
        this.ring = new Entry[Math.max(1, maxTable / ENTRY_OVERHEAD)];
    }

    /// Decodes a whole block; its bytes are not consumed.
    void decode(ByteBuf block, Sink sink) throws Http2.ConnectionError {
        int length = block.readableBytes();
        if (in.length < length) {
            in = new byte[Math.max(length, 2 * in.length)];
        }
        block.getBytes(block.readerIndex(), in, 0, length);
        at = 0;
        end = length;
        boolean mayResize = true;
        while (at < end) {
            int first = in[at];
            if (first < 0) {
                indexed(sink);
            } else if ((first & 0x40) != 0) {
                literal(sink, 6, true);
            } else if ((first & 0x20) == 0) {
                literal(sink, 4, false);
            } else if (mayResize) {
                resize();
                continue;
            } else {
                throw broken("table size update after a field");
            }
            mayResize = false;
        }
    }

    private void indexed(Sink sink) throws Http2.ConnectionError {
        int index = integer(7);
        if (index == 0) {
            throw broken("index 0");
        }
        if (index <= StaticTable.LENGTH) {
            sink.onField(StaticTable.name(index), StaticTable.value(index), 0);
            return;
        }
        var entry = entry(index);
        sink.onField(entry.name, entry.value, entry.faults);
    }

    private void literal(Sink sink, int prefix, boolean keep) throws Http2.ConnectionError {
        int index = integer(prefix);
        String name;
        int nameFaults;
        int nameOctets;
        if (index == 0) {
            name = name();
            nameFaults = faults;
            nameOctets = octets;
        } else if (index <= StaticTable.LENGTH) {
            name = StaticTable.name(index);
            nameFaults = 0;
            nameOctets = name.length();
        } else {
            var entry = entry(index);
            name = entry.name;
            nameFaults = entry.faults & BAD_NAME;
            nameOctets = name.length();
        }
        var value = value();
        int all = nameFaults | faults;
        if (keep) {
            keep(new Entry(name, value, all, nameOctets + octets + ENTRY_OVERHEAD));
        }
        sink.onField(name, value, all);
    }

    private void keep(Entry entry) {
        while (count > 0 && tableSize + entry.size > tableLimit) {
            evict();
        }
        if (entry.size > tableLimit) {
            return; // Section 4.4: it empties the table, and is not kept itself.
        }
        newest = newest + 1 == ring.length ? 0 : newest + 1;
        ring[newest] = entry;
        count++;
        tableSize += entry.size;
    }

    private void evict() {
        int oldest = newest - count + 1;
        tableSize -= ring[oldest < 0 ? oldest + ring.length : oldest].size;
        count--;
    }

    private Entry entry(int index) throws Http2.ConnectionError {
        int back = index - StaticTable.LENGTH - 1;
        if (back >= count) {
            throw broken("index " + index + ", table has " + (StaticTable.LENGTH + count));
        }
        int place = newest - back;
        return ring[place < 0 ? place + ring.length : place];
    }

    private void resize() throws Http2.ConnectionError {
        int limit = integer(5);
        if (limit > maxTable) {
            throw broken("table of " + limit + " octets (expected: at most " + maxTable + ")");
        }
        tableLimit = limit;
        while (tableSize > tableLimit) {
            evict();
        }
    }

    /// Section 5.1.
    private int integer(int prefix) throws Http2.ConnectionError {
        int mask = (1 << prefix) - 1;
        int value = in[at++] & mask;
        if (value < mask) {
            return value;
        }
        for (int shift = 0; shift <= 21; shift += 7) {
            if (at == end) {
                throw broken("integer cut off");
            }
            int next = in[at++];
            value += (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw broken("integer over 28 bits");
    }

    private String name() throws Http2.ConnectionError {
        int from = string();
        var source = this.source;
        int to = from + octets;
        faults = FieldRules.isName(source, from, to) ? 0 : BAD_NAME;
        return new String(source, from, octets, ISO_8859_1);
    }

    private String value() throws Http2.ConnectionError {
        int from = string();
        var source = this.source;
        int to = from + octets;
        faults = FieldRules.isValue(source, from, to) ? 0 : BAD_VALUE;
        while (from < to && isBlank(source[from])) {
            from++;
        }
        while (to > from && isBlank(source[to - 1])) {
            to--;
        }
        return from == to ? "" : new String(source, from, to - from, ISO_8859_1);
    }

    private static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    /// Where the last string lies: in the block, or decompressed.
    private byte[] source = in;

    /// Section 5.2. Sets `octets` and `source`.
    ///
    /// @return where it begins in `source`
    private int string() throws Http2.ConnectionError {
        if (at == end) {
            throw broken("string missing");
        }
        boolean compressed = in[at] < 0;
        int length = integer(7);
        if (length > end - at) {
            throw broken("string of " + length + " octets, " + (end - at) + " are left");
        }
        int from = at;
        at += length;
        if (!compressed) {
            source = in;
            octets = length;
            return from;
        }
        if (text.length < Huffman.mostDecoded(length)) {
            text = new byte[Huffman.mostDecoded(2 * length)];
        }
        octets = Huffman.decode(in, from, at, text);
        if (octets == Huffman.BROKEN) {
            throw broken("compressed string");
        }
        source = text;
        return 0;
    }

    private static Http2.ConnectionError broken(String what) {
        return new Http2.ConnectionError(Http2.COMPRESSION_ERROR, "header block: " + what);
    }
}
