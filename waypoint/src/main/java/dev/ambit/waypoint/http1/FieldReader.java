package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http1.FieldNames.Role;
import dev.ambit.waypoint.http1.Http1ServerOptions.Underscores;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Reads the field lines of one head, or of one trailer section, after another (RFC 9112 section
/// 5). Those that are about the connection or the message's framing it keeps aside; the others
/// become `Headers`.
final class FieldReader {
    /// Of which kind of section the fields are.
    enum Section {
        REQUEST,
        RESPONSE,
        TRAILERS
    }

    private final int maxFields;
    private final Underscores underscores;
    private final boolean keepSpelling;

    /// Never written to: `start` comes first.
    private static final Headers NOTHING = new Headers();

    private Section section = Section.REQUEST;
    private Headers headers = NOTHING;
    private int count;

    /// Whether a continuation line may follow, and whether it is for `headers`' last field.
    private boolean foldable;

    private boolean dropped;

    // What the last name line said, by the scan of its name.
    private int nameHash;
    private boolean nameUnderscore;

    int hosts;
    String host = "";
    String hostSpelling = "host";
    int lengths;
    String length = "";
    int encodings;
    String encoding = "";
    boolean hasConnection;
    String connection = "";
    String proxyConnection = "";
    @Nullable String upgrade;
    String te = "";
    boolean hasTe;
    String expect = "";

    FieldReader(int maxFields, Underscores underscores, boolean keepSpelling) {
        this.maxFields = maxFields;
        this.underscores = underscores;
        this.keepSpelling = keepSpelling;
    }

    void start(Section of) {
        section = of;
        headers = new Headers();
        count = 0;
        foldable = false;
        dropped = false;
        if (of == Section.TRAILERS) {
            return;
        }
        hosts = 0;
        host = "";
        hostSpelling = "host";
        lengths = 0;
        length = "";
        encodings = 0;
        encoding = "";
        hasConnection = false;
        connection = "";
        proxyConnection = "";
        upgrade = null;
        te = "";
        hasTe = false;
        expect = "";
    }

    /// An idle connection keeps nothing of the head that it read last.
    void forget() {
        headers = NOTHING;
        host = "";
        connection = "";
        te = "";
        expect = "";
        upgrade = null;
    }

    Headers headers() {
        return headers;
    }

    /// One line, not the blank one; the bytes are changed.
    @Nullable Http1Fault line(byte[] line, int end) {
        if (Chars.blank(line[0])) {
            return continued(line, end);
        }
        if (++count > maxFields) {
            return Http1Fault.tooMany(
                    section == Section.TRAILERS ? "trailers" : "headers", maxFields);
        }
        byte first = line[0];
        String spelling = keepSpelling ? spelling(line, end) : "";
        int colon = name(line, end);
        if (colon <= 0) {
            line[0] = first;
            return badName(line, end);
        }
        int from = colon + 1;
        int to = end;
        while (from < to && Chars.blank(line[from])) {
            from++;
        }
        while (from < to && Chars.blank(line[to - 1])) {
            to--;
        }
        int bad = invalid(line, from, to);
        if (bad >= 0) {
            return badValue(line, from, to, line[bad]);
        }
        if (nameUnderscore && underscores != Underscores.ALLOW && section == Section.REQUEST) {
            return underscored(line, colon);
        }
        take(line, colon, text(line, from, to), spelling);
        return null;
    }

    private static String spelling(byte[] line, int end) {
        int colon = 0;
        while (colon < end && line[colon] != ':') {
            colon++;
        }
        return text(line, 0, colon);
    }

    /// Lower-cases the name in place.
    ///
    /// @return where the colon is; 0 or less for a name that is none
    private int name(byte[] line, int end) {
        int hash = 0;
        nameUnderscore = false;
        for (int i = 0; i < end; i++) {
            byte c = line[i];
            if (c == ':') {
                nameHash = hash;
                return i;
            }
            byte lower = Chars.TOKEN[c & 0xff];
            if (lower == 0) {
                return -1;
            }
            nameUnderscore |= c == '_';
            line[i] = lower;
            hash = 31 * hash + lower;
        }
        return -1;
    }

    private static int invalid(byte[] line, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!Chars.VALUE[line[i] & 0xff]) {
                return i;
            }
        }
        return -1;
    }

    private void take(byte[] line, int colon, String value, String spelling) {
        var known = FieldNames.find(line, 0, colon, nameHash);
        var role = known == null ? Role.NONE : known.role();
        var name = known == null ? text(line, 0, colon) : known.name();
        foldable = role == Role.NONE;
        dropped = false;
        boolean passed =
                switch (section) {
                    case REQUEST -> requestField(role, name, value, spelling);
                    case RESPONSE -> responseField(role, name, value);
                    case TRAILERS -> role == Role.NONE;
                };
        if (passed) {
            if (keepSpelling) {
                headers.add(name, value, spelling);
            } else {
                headers.add(name, value);
            }
        }
    }

    /// @return whether it is passed on as it is
    private boolean requestField(Role role, String name, String value, String spelling) {
        switch (role) {
            case NONE -> {
                return true;
            }
            case HOST -> {
                hosts++;
                host = value;
                hostSpelling = keepSpelling ? spelling : "host";
            }
            case EXPECT -> {
                expect = value;
                return true;
            }
            case TE -> {
                te = hasTe ? te + "," + value : value;
                hasTe = true;
            }
            case UPGRADE -> upgrade = upgrade == null ? value : upgrade + "," + value;
            case CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, HOP -> {
                return framing(role, name, value);
            }
        }
        return false;
    }

    private boolean responseField(Role role, String name, String value) {
        return switch (role) {
            case NONE, HOST, EXPECT, TE -> true;
            case UPGRADE -> {
                upgrade = value;
                yield false;
            }
            case CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, HOP -> framing(role, name, value);
        };
    }

    private boolean framing(Role role, String name, String value) {
        switch (role) {
            case CONTENT_LENGTH -> {
                lengths++;
                length = value;
                return true;
            }
            case TRANSFER_ENCODING -> {
                encoding = encodings++ == 0 ? value : encoding + "," + value;
            }
            case CONNECTION -> {
                connection = hasConnection ? connection + "," + value : value;
                hasConnection = true;
            }
            default -> {
                if (name.equals("proxy-connection")) {
                    proxyConnection = value;
                }
            }
        }
        return false;
    }

    /// A field value on more than one line, which RFC 9112 section 5.2 lets be joined. Not for
    /// fields that decide where the message ends or whom it is for: there, two readers who differ
    /// are an attack.
    private @Nullable Http1Fault continued(byte[] line, int end) {
        if (dropped) {
            return null;
        }
        int last = headers.size() - 1;
        if (!foldable || last < 0) {
            return Http1Fault.codec(
                    "folded line", text(line, 0, end), "a header, or the fold of an ordinary one");
        }
        int from = 0;
        int to = end;
        while (from < to && Chars.blank(line[from])) {
            from++;
        }
        while (from < to && Chars.blank(line[to - 1])) {
            to--;
        }
        int bad = invalid(line, from, to);
        if (bad >= 0) {
            return badValue(line, from, to, line[bad]);
        }
        if (from < to) {
            var before = headers.value(last);
            var more = text(line, from, to);
            headers.setAt(last, before.isEmpty() ? more : before + ' ' + more);
        }
        return null;
    }

    private @Nullable Http1Fault underscored(byte[] line, int colon) {
        if (underscores == Underscores.DROP) {
            dropped = true;
            return null;
        }
        return Http1Fault.of(
                "http1.unexpected_underscore",
                "header name",
                text(line, 0, colon),
                "no underscore, which some servers take for a hyphen");
    }

    private static Http1Fault badName(byte[] line, int end) {
        return Http1Fault.codec(
                "header line",
                text(line, 0, end),
                "a name of token characters, a colon, a value (RFC 9112 section 5)");
    }

    private static Http1Fault badValue(byte[] line, int from, int to, byte bad) {
        return Http1Fault.of(
                "http1.invalid_characters",
                "header value",
                text(line, from, to),
                "no control characters, but there is \\x%02x".formatted(bad & 0xff));
    }

    private static String text(byte[] line, int from, int to) {
        return new String(line, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
