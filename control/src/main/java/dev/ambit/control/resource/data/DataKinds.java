package dev.ambit.control.resource.data;

import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.Meta;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;

/// Readers of the kinds in this package.
public final class DataKinds {
    private DataKinds() {}

    public static Secret secret(Fields top, Meta meta) {
        var data = new HashMap<String, String>();
        top.child("data")
                .ifPresent(values -> {
                    for (var name : values.names()) {
                        data.put(name, decoded(values, name));
                    }
                });
        // What an API server does when it takes it in: these are stronger.
        top.map("stringData").forEach((name, text) -> data.put(name, chars(text)));
        return new Secret(meta, top.text("type"), data);
    }

    public static ConfigMap configMap(Fields top, Meta meta) {
        return new ConfigMap(meta, top.map("data"));
    }

    private static String decoded(Fields values, String name) {
        try {
            var bytes = Base64.getMimeDecoder().decode(values.text(name));
            return new String(bytes, StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException malformed) {
            // Not the value: it is secret.
            throw values.bad(name, "not base64 (expected: base64, or the text in stringData)");
        }
    }

    private static String chars(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
