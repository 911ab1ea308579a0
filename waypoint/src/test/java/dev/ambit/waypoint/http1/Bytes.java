package dev.ambit.waypoint.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/// Octets as text and back.
final class Bytes {
    private Bytes() {}

    static ByteBuf of(String text) {
        var bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBufAllocator.DEFAULT.directBuffer(Math.max(1, bytes.length)).writeBytes(bytes);
    }

    /// `\r`, `\n`, `\t`, `\xNN`, `\\`, and `{text*count}`.
    static String unescape(String text) {
        var out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '{') {
                int star = text.indexOf('*', i);
                int end = text.indexOf('}', i);
                var part = unescape(text.substring(i + 1, star));
                out.append(part.repeat(Integer.parseInt(text.substring(star + 1, end))));
                i = end;
            } else if (c == '\\') {
                char what = text.charAt(++i);
                switch (what) {
                    case 'r' -> out.append('\r');
                    case 'n' -> out.append('\n');
                    case 't' -> out.append('\t');
                    case 'x' -> {
                        out.append((char) Integer.parseInt(text.substring(i + 1, i + 3), 16));
                        i += 2;
                    }
                    default -> out.append(what);
                }
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
