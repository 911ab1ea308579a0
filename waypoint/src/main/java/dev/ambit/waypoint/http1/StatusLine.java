package dev.ambit.waypoint.http1;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Reads one status line after another (RFC 9112 section 4). The reason phrase is dropped.
final class StatusLine {
    int status;
    boolean http11;

    @Nullable Http1Fault read(byte[] line, int length) {
        boolean shaped =
                length >= 12
                        && line[0] == 'H'
                        && line[1] == 'T'
                        && line[2] == 'T'
                        && line[3] == 'P'
                        && line[4] == '/'
                        && digit(line[5])
                        && line[6] == '.'
                        && digit(line[7])
                        && line[8] == ' '
                        && digit(line[9])
                        && digit(line[10])
                        && digit(line[11])
                        && (length == 12 || line[12] == ' ');
        if (!shaped || !printable(line, 12, length)) {
            return bad(line, length);
        }
        http11 = line[5] == '1' && line[7] == '1';
        status = 100 * (line[9] - '0') + 10 * (line[10] - '0') + line[11] - '0';
        return status < 100 ? bad(line, length) : null;
    }

    private static boolean printable(byte[] line, int from, int length) {
        for (int i = from; i < length; i++) {
            if (!Chars.VALUE[line[i] & 0xff]) {
                return false;
            }
        }
        return true;
    }

    private static boolean digit(byte c) {
        return c >= '0' && c <= '9';
    }

    private static Http1Fault bad(byte[] line, int length) {
        return Http1Fault.codec(
                "status line",
                new String(line, 0, length, StandardCharsets.ISO_8859_1),
                "HTTP/1.1 and a status of 100 to 999; perhaps the port speaks another protocol");
    }
}
