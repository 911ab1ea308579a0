package dev.ambit.waypoint.route;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Header operations of one level: of a route, a virtual host, a route table, a weighted cluster.
/// In Envoy's order: removals, then values are made of what is there, then those that overwrite are
/// set, then the others added.
///
/// @param removals names, lower-case
public record HeaderMutations(List<String> removals, List<Addition> additions) {
    public static final HeaderMutations NONE = new HeaderMutations(List.of(), List.of());

    /// What happens to values that are there already (`HeaderAppendAction`).
    public enum Append {
        APPEND_IF_EXISTS_OR_ADD,
        ADD_IF_ABSENT,
        OVERWRITE_IF_EXISTS_OR_ADD,
        OVERWRITE_IF_EXISTS;

        boolean overwrites() {
            return this == OVERWRITE_IF_EXISTS_OR_ADD || this == OVERWRITE_IF_EXISTS;
        }
    }

    /// A header to be set.
    ///
    /// @param name lower-case
    /// @param keepEmpty whether it is set with an empty value, or then not at all
    public record Addition(String name, HeaderValue value, Append append, boolean keepEmpty) {}

    public boolean isEmpty() {
        return removals.isEmpty() && additions.isEmpty();
    }

    public void applyTo(RequestHead request, StreamInfo info) {
        apply(request.headers(), request, null, info);
    }

    public void applyTo(ResponseHead response, RequestHead request, StreamInfo info) {
        apply(response.headers(), request, response, info);
    }

    private void apply(
            Headers headers,
            RequestHead request,
            @Nullable ResponseHead response,
            StreamInfo info) {
        for (int at = 0; at < removals.size(); at++) {
            headers.remove(removals.get(at));
        }
        int size = additions.size();
        if (size == 0) {
            return;
        }
        if (size == 1) {
            var addition = additions.get(0);
            var value = value(addition, headers, request, response, info);
            if (value != null) {
                set(headers, addition, value);
            }
            return;
        }
        var values = new @Nullable String[size];
        for (int at = 0; at < size; at++) {
            values[at] = value(additions.get(at), headers, request, response, info);
        }
        set(headers, values, true);
        set(headers, values, false);
    }

    private void set(Headers headers, @Nullable String[] values, boolean overwriting) {
        for (int at = 0; at < values.length; at++) {
            var value = values[at];
            if (value != null && additions.get(at).append().overwrites() == overwriting) {
                set(headers, additions.get(at), value);
            }
        }
    }

    private static void set(Headers headers, Addition addition, String value) {
        if (addition.append().overwrites()) {
            headers.set(addition.name(), value);
        } else {
            headers.add(addition.name(), value);
        }
    }

    /// Null where nothing is to be set.
    private static @Nullable String value(
            Addition addition,
            Headers headers,
            RequestHead request,
            @Nullable ResponseHead response,
            StreamInfo info) {
        boolean wanted =
                switch (addition.append()) {
                    case APPEND_IF_EXISTS_OR_ADD, OVERWRITE_IF_EXISTS_OR_ADD -> true;
                    case ADD_IF_ABSENT -> !headers.contains(addition.name());
                    case OVERWRITE_IF_EXISTS -> headers.contains(addition.name());
                };
        if (!wanted) {
            return null;
        }
        var value = addition.value().format(request, response, info);
        return value.isEmpty() && !addition.keepEmpty() ? null : value;
    }
}
