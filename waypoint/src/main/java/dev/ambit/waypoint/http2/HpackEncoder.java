package dev.ambit.waypoint.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.ambit.waypoint.http.Headers;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// Writes header blocks of one direction of a connection (RFC 7541). Values that come again are
/// kept in the peer's table; strings are not compressed: within a mesh the octets saved cost more
/// than they would on the way.
final class HpackEncoder {
    private static final int ENTRY_OVERHEAD = 32;

    /// Octets of table that are used, whatever the peer offers.
    private static final int MOST_TABLE = 4_096;

    private static final int SLOTS = MOST_TABLE / ENTRY_OVERHEAD;
    private static final int BUCKETS = 256;
    private static final int MOST_ADDED = 1 << 30;

    /// Ring of entries: the `n`th that was ever added is at `n % SLOTS`.
    private final @Nullable String[] names = new String[SLOTS];

    private final @Nullable String[] values = new String[SLOTS];
    private final int[] hashes = new int[SLOTS];

    /// Chains of entries with the same bucket, as numbers + 1; 0 ends one.
    private final int[] next = new int[SLOTS];

    private final int[] buckets = new int[BUCKETS];
    private int added;
    private int removed;
    private int size;
    private int limit = MOST_TABLE;
    private int lowestLimit = MOST_TABLE;
    private boolean limitChanged;

    /// The peer's SETTINGS_HEADER_TABLE_SIZE; told to it with the next block (section 4.2).
    void limit(int peersTable) {
        int wanted = Math.min(MOST_TABLE, peersTable);
        if (wanted == limit && !limitChanged) {
            return;
        }
        lowestLimit = limitChanged ? Math.min(lowestLimit, wanted) : wanted;
        limit = wanted;
        limitChanged = true;
        while (size > limit) {
            evict();
        }
    }

    void begin(ByteBuf out) {
        if (added >= MOST_ADDED) {
            forgetAll();
        }
        if (limitChanged) {
            limitChanged = false;
            if (lowestLimit < limit) {
                integer(out, 0x20, 5, lowestLimit);
            }
            integer(out, 0x20, 5, limit);
        }
    }

    /// Entries are numbered by an int: long before it ends, the table begins anew.
    private void forgetAll() {
        while (size > 0) {
            evict();
        }
        added = 0;
        removed = 0;
        lowestLimit = 0;
        limitChanged = true;
    }

    /// Regular fields, without those that HTTP/2 does not have.
    void fields(ByteBuf out, Headers headers) {
        for (int at = 0; at < headers.size(); at++) {
            field(out, headers.name(at), headers.value(at));
        }
    }

    void field(ByteBuf out, String name, String value) {
        var facts = FieldFacts.of(name);
        switch (facts.writing()) {
            case DROPPED -> {}
            case NEVER -> literal(out, 0x10, 4, facts.index(), name, value);
            case PLAIN -> plain(out, facts.index(), name, value);
            case INDEXED -> indexed(out, facts.index(), name, value);
        }
    }

    private void plain(ByteBuf out, int index, String name, String value) {
        if (name.equals(":path") && value.equals("/")) {
            out.writeByte(0x84);
            return;
        }
        literal(out, 0, 4, index, name, value);
    }

    private void indexed(ByteBuf out, int index, String name, String value) {
        int whole = index == 0 ? 0 : StaticTable.indexOf(index, value);
        if (whole > 0 && !value.isEmpty()) {
            integer(out, 0x80, 7, whole);
            return;
        }
        if (name.equals("te") && !value.equalsIgnoreCase("trailers")) {
            return; // RFC 9113 section 8.2.2.
        }
        int hash = 31 * name.hashCode() + value.hashCode();
        for (int at = buckets[hash & (BUCKETS - 1)]; at > 0; at = next[(at - 1) % SLOTS]) {
            int slot = (at - 1) % SLOTS;
            if (hashes[slot] == hash && value.equals(values[slot]) && name.equals(names[slot])) {
                integer(out, 0x80, 7, StaticTable.LENGTH + added - (at - 1));
                return;
            }
        }
        int octets = name.length() + value.length() + ENTRY_OVERHEAD;
        if (octets > limit / 2) {
            literal(out, 0, 4, index, name, value);
            return;
        }
        literal(out, 0x40, 6, index, name, value);
        keep(name, value, hash, octets);
    }

    private void keep(String name, String value, int hash, int octets) {
        while (size + octets > limit) {
            evict();
        }
        int slot = added % SLOTS;
        names[slot] = name;
        values[slot] = value;
        hashes[slot] = hash;
        next[slot] = buckets[hash & (BUCKETS - 1)];
        added++;
        buckets[hash & (BUCKETS - 1)] = added;
        size += octets;
    }

    /// The oldest is the last of its chain.
    private void evict() {
        int slot = removed % SLOTS;
        int bucket = hashes[slot] & (BUCKETS - 1);
        int oldest = removed + 1;
        if (buckets[bucket] == oldest) {
            buckets[bucket] = 0;
        } else {
            int at = buckets[bucket];
            while (next[(at - 1) % SLOTS] != oldest) {
                at = next[(at - 1) % SLOTS];
            }
            next[(at - 1) % SLOTS] = 0;
        }
        size -= length(names[slot]) + length(values[slot]) + ENTRY_OVERHEAD;
        names[slot] = null;
        values[slot] = null;
        removed++;
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }

    private static void literal(
            ByteBuf out, int pattern, int prefix, int index, String name, String value) {
        integer(out, pattern, prefix, index);
        if (index == 0) {
            string(out, name);
        }
        string(out, value);
    }

    private static void string(ByteBuf out, String text) {
        integer(out, 0, 7, text.length());
        out.writeBytes(text.getBytes(ISO_8859_1));
    }

    /// Section 5.1.
    private static void integer(ByteBuf out, int pattern, int prefix, int value) {
        int mask = (1 << prefix) - 1;
        if (value < mask) {
            out.writeByte(pattern | value);
            return;
        }
        out.writeByte(pattern | mask);
        int left = value - mask;
        while (left >= 0x80) {
            out.writeByte(left & 0x7f | 0x80);
            left >>>= 7;
        }
        out.writeByte(left);
    }
}
