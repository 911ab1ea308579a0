package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.route.HeaderMutations;
import dev.ambit.waypoint.route.HeaderMutations.Addition;
import dev.ambit.waypoint.route.HeaderMutations.Append;
import dev.ambit.waypoint.route.HeaderValue;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import java.util.ArrayList;
import java.util.List;

/// Header operations.
final class MutationCompiler {
    private final HeaderFormats formats;

    MutationCompiler(HeaderFormats formats) {
        this.formats = formats;
    }

    /// @param field the common part of both fields' names, as `request_headers`
    HeaderMutations compile(String field, List<HeaderValueOption> additions, List<String> removals)
            throws Refused {
        if (additions.isEmpty() && removals.isEmpty()) {
            return HeaderMutations.NONE;
        }
        var added = new ArrayList<Addition>();
        for (var addition : additions) {
            added.add(addition(field + "_to_add", addition));
        }
        var removed = new ArrayList<String>();
        for (var name : removals) {
            removed.add(name(field + "_to_remove", name));
        }
        return new HeaderMutations(List.copyOf(removed), List.copyOf(added));
    }

    Addition addition(String field, HeaderValueOption option) throws Refused {
        var name = name(field, option.getHeader().getKey());
        return new Addition(
                name,
                value(field + "[" + name + "]", text(option)),
                append(field, option),
                option.getKeepEmptyValue());
    }

    private static String text(HeaderValueOption option) {
        var header = option.getHeader();
        return header.getValue().isEmpty()
                ? header.getRawValue().toStringUtf8()
                : header.getValue();
    }

    HeaderValue value(String field, String format) throws Refused {
        if (format.indexOf('%') < 0) {
            return new HeaderValue.Literal(Ascii.octets(format));
        }
        try {
            return formats.compile(format);
        } catch (Refused e) {
            throw e.in(field);
        }
    }

    /// What routes may change: the authority, the path and their like have actions of their own.
    static String name(String field, String name) throws Refused {
        var lower = Ascii.lower(name);
        if (lower.isEmpty() || lower.startsWith(":") || lower.equals("host")) {
            throw new Refused(field, name, "a header that is not host and has no ':' before it");
        }
        return lower;
    }

    @SuppressWarnings("deprecation") // Older control planes send `append`.
    private static Append append(String field, HeaderValueOption option) throws Refused {
        if (option.hasAppend()) {
            return option.getAppend().getValue()
                    ? Append.APPEND_IF_EXISTS_OR_ADD
                    : Append.OVERWRITE_IF_EXISTS_OR_ADD;
        }
        return switch (option.getAppendAction()) {
            case APPEND_IF_EXISTS_OR_ADD -> Append.APPEND_IF_EXISTS_OR_ADD;
            case ADD_IF_ABSENT -> Append.ADD_IF_ABSENT;
            case OVERWRITE_IF_EXISTS_OR_ADD -> Append.OVERWRITE_IF_EXISTS_OR_ADD;
            case OVERWRITE_IF_EXISTS -> Append.OVERWRITE_IF_EXISTS;
            case UNRECOGNIZED ->
                    throw new Refused(
                            field,
                            Integer.toString(option.getAppendActionValue()),
                            "an append_action from 0 to 3");
        };
    }
}
