package dev.ambit.process.admin;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/// What a page answers.
public record Answer(int status, Map<String, String> headers, byte[] body) {
    public static Answer of(int status, String type, byte[] body) {
        return new Answer(status, body.length == 0 ? Map.of() : Map.of("content-type", type), body);
    }

    public static Answer text(int status, String text) {
        return of(status, "text/plain", text.getBytes(StandardCharsets.UTF_8));
    }

    public Answer with(String header, String value) {
        var all = new TreeMap<>(headers);
        all.put(header, value);
        return new Answer(status, all, body);
    }
}
