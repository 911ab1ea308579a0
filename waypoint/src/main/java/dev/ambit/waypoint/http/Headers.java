package dev.ambit.waypoint.http;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Header fields, or trailer fields, in the order in which they came (RFC 9110 section 5). Names
/// are lower-case ASCII; pseudo-headers are not here but in the heads. Not safe for threads: a head
/// lives on its loop.
///
/// Values are the octets of the wire as ISO 8859-1, without leading and trailing blanks.
public final class Headers {
    private static final int FIRST = 24;

    /// Names and values alternate.
    private String[] fields = new String[FIRST];

    private int length;

    /// Wire spelling of names whose case an HTTP/1 peer chose, by position; null where it is the
    /// lower-case one.
    private String @Nullable [] spelled;

    public int size() {
        return length / 2;
    }

    public boolean isEmpty() {
        return length == 0;
    }

    public String name(int index) {
        return fields[2 * index];
    }

    public String value(int index) {
        return fields[2 * index + 1];
    }

    /// As the peer wrote it, for those who want case preserved.
    public String spelledName(int index) {
        var own = spelled == null ? null : spelled[index];
        return own == null ? fields[2 * index] : own;
    }

    /// @param name lower-case
    public Headers add(String name, String value) {
        if (length == fields.length) {
            fields = java.util.Arrays.copyOf(fields, 2 * length);
            if (spelled != null) {
                spelled = java.util.Arrays.copyOf(spelled, length);
            }
        }
        fields[length] = name;
        fields[length + 1] = value;
        length += 2;
        return this;
    }

    /// @param name lower-case
    /// @param spelling the same name in the peer's case
    public Headers add(String name, String value, String spelling) {
        add(name, value);
        if (!spelling.equals(name)) {
            if (spelled == null) {
                spelled = new String[fields.length / 2];
            }
            spelled[size() - 1] = spelling;
        }
        return this;
    }

    /// Replaces every value of `name`; the first keeps its place.
    public Headers set(String name, String value) {
        int at = indexOf(name, 0);
        if (at < 0) {
            return add(name, value);
        }
        fields[2 * at + 1] = value;
        removeFrom(name, at + 1);
        return this;
    }

    public Headers setAt(int index, String value) {
        fields[2 * index + 1] = value;
        return this;
    }

    /// The first value, or null.
    public @Nullable String get(String name) {
        int at = indexOf(name, 0);
        return at < 0 ? null : fields[2 * at + 1];
    }

    public boolean contains(String name) {
        return indexOf(name, 0) >= 0;
    }

    public List<String> all(String name) {
        var all = new ArrayList<String>(1);
        for (int at = indexOf(name, 0); at >= 0; at = indexOf(name, at + 1)) {
            all.add(fields[2 * at + 1]);
        }
        return all;
    }

    /// All values joined with `,`, as Envoy matches repeated headers; null where there is none.
    public @Nullable String joined(String name) {
        int at = indexOf(name, 0);
        if (at < 0) {
            return null;
        }
        int second = indexOf(name, at + 1);
        return second < 0 ? fields[2 * at + 1] : String.join(",", all(name));
    }

    public boolean remove(String name) {
        return removeFrom(name, 0);
    }

    private boolean removeFrom(String name, int first) {
        int to = first;
        for (int from = first; from < size(); from++) {
            if (!fields[2 * from].equals(name)) {
                move(from, to++);
            }
        }
        boolean removed = to < size();
        for (int at = 2 * to; at < length; at++) {
            fields[at] = "";
        }
        length = 2 * to;
        return removed;
    }

    private void move(int from, int to) {
        if (from != to) {
            fields[2 * to] = fields[2 * from];
            fields[2 * to + 1] = fields[2 * from + 1];
            if (spelled != null) {
                spelled[to] = spelled[from];
            }
        }
    }

    /// @return the position, or -1
    public int indexOf(String name, int from) {
        for (int at = from; at < size(); at++) {
            if (fields[2 * at].equals(name)) {
                return at;
            }
        }
        return -1;
    }

    public void forEach(BiConsumer<String, String> each) {
        for (int at = 0; at < length; at += 2) {
            each.accept(fields[at], fields[at + 1]);
        }
    }

    public Headers copy() {
        var copy = new Headers();
        copy.fields = fields.clone();
        copy.length = length;
        copy.spelled = spelled == null ? null : spelled.clone();
        return copy;
    }

    @Override
    public String toString() {
        var text = new StringBuilder();
        forEach((name, value) -> text.append(name).append(": ").append(value).append('\n'));
        return text.toString();
    }
}
