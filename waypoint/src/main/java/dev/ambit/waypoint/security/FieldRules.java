package dev.ambit.waypoint.security;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.security.AuthzAnswer.FieldChange;
import org.jspecify.annotations.Nullable;

/// Changes that an authorization server asked for.
final class FieldRules {
    private FieldRules() {}

    /// Whether a field can look so on the wire (RFC 9110 section 5.5), or a pseudo-header.
    static boolean isValid(String name, String value) {
        return isName(name) && isValue(value);
    }

    static boolean isName(String name) {
        int from = name.startsWith(":") ? 1 : 0;
        for (int i = from; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
            if (!letter && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
                return false;
            }
        }
        return name.length() > from;
    }

    private static boolean isValue(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < ' ' && c != '\t' || c == 0x7f || c > 0xff) {
                return false;
            }
        }
        return true;
    }

    static void apply(FieldChange change, RequestHead head) {
        var value = change.value();
        switch (change.name()) {
            case ":method" -> head.method(value);
            case ":path" -> head.path(value);
            case ":scheme" -> head.scheme(value);
            case ":authority", "host" -> head.authority(value);
            default -> {
                if (!change.name().startsWith(":") && !AuthzClient.isOwn(change.name())) {
                    apply(change, head.headers());
                }
            }
        }
    }

    static void apply(FieldChange change, Headers headers) {
        var name = change.name();
        var value = change.value();
        switch (change.how()) {
            case SET -> headers.set(name, value);
            case ADD -> headers.add(name, value);
            case APPEND -> {
                var before = headers.joined(name);
                if (before != null) {
                    headers.set(name, before.isEmpty() ? value : before + "," + value);
                }
            }
            case ADD_IF_ABSENT -> {
                if (!headers.contains(name)) {
                    headers.add(name, value);
                }
            }
            case SET_IF_THERE -> {
                if (headers.contains(name)) {
                    headers.set(name, value);
                }
            }
        }
    }

    /// Without pseudo-headers and `host`, which a request can't be without.
    static void remove(String name, Headers headers) {
        var lower = Ascii.lower(name);
        if (!lower.startsWith(":") && !lower.equals("host")) {
            headers.remove(lower);
        }
    }

    /// The first parameter of this name gets the value, later ones go; without one it comes last.
    static String withParam(String path, String name, @Nullable String value) {
        int question = path.indexOf('?');
        int hash = path.indexOf('#');
        int end = hash < 0 ? path.length() : hash;
        var before = path.substring(0, question < 0 || question > end ? end : question);
        var query = question < 0 || question > end ? "" : path.substring(question + 1, end);
        var changed = new StringBuilder();
        boolean given = value == null;
        for (var param : query.isEmpty() ? new String[0] : query.split("&", -1)) {
            int equals = param.indexOf('=');
            boolean named = (equals < 0 ? param : param.substring(0, equals)).equals(name);
            if (named && given) {
                continue;
            }
            changed.append(changed.isEmpty() ? '?' : '&');
            changed.append(named ? name + "=" + value : param);
            given |= named;
        }
        if (!given) {
            changed.append(changed.isEmpty() ? '?' : '&').append(name).append('=').append(value);
        }
        return before + changed + path.substring(end);
    }
}
