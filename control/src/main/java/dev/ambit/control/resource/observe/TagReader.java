package dev.ambit.control.resource.observe;

import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.observe.ProxyDefaults.Tag;
import java.util.List;

/// Reads where the value of a span's tag comes from.
final class TagReader {
    private static final List<String> SOURCES =
            List.of("literal", "environment", "header", "formatter");

    private TagReader() {}

    static Tag read(Fields f) {
        var present = SOURCES.stream().filter(f::has).toList();
        f.noOthers();
        if (present.size() != 1) {
            throw f.bad(
                    "",
                    present.size()
                            + " sources of the value (expected: one of "
                            + String.join(", ", SOURCES)
                            + ")");
        }
        var source = f.child(present.getFirst()).orElseThrow();
        var tag =
                switch (present.getFirst()) {
                    case "literal" -> new ProxyDefaults.Literal(source.required("value"));
                    case "environment" ->
                            new ProxyDefaults.Environment(
                                    source.required("name"), source.text("defaultValue"));
                    case "header" ->
                            new ProxyDefaults.RequestHeader(
                                    source.required("name"), source.text("defaultValue"));
                    default -> new ProxyDefaults.Formatter(source.required("value"));
                };
        source.noOthers();
        return tag;
    }
}
