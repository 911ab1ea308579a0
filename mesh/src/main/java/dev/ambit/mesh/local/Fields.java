package dev.ambit.mesh.local;

import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.ServiceKey;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One object of the file: each key is asked for once, and what nobody asked for is an error.
final class Fields {
    private final String where;
    private final Map<?, ?> values;
    private final Set<Object> asked = new HashSet<>();

    private Fields(String where, Map<?, ?> values) {
        this.where = where;
        this.values = values;
    }

    static Fields of(String where, @Nullable Object value) throws LocalMeshFault {
        if (value instanceof Map<?, ?> map) {
            return new Fields(where, map);
        }
        throw new LocalMeshFault(where, String.valueOf(value), "an object");
    }

    String where(String key) {
        return where + "." + key;
    }

    @Nullable Object get(String key) {
        asked.add(key);
        return values.get(key);
    }

    /// @throws LocalMeshFault when there are other keys
    void end() throws LocalMeshFault {
        for (var key : values.keySet()) {
            if (!asked.contains(key)) {
                throw new LocalMeshFault(where, key, "one of " + asked.stream().sorted().toList());
            }
        }
    }

    String text(String key, String fallback) throws LocalMeshFault {
        return switch (get(key)) {
            case null -> fallback;
            case String text -> text;
            case Number number -> number.toString();
            case Boolean flag -> flag.toString();
            case Object other -> throw new LocalMeshFault(where(key), other, "a text");
        };
    }

    String required(String key) throws LocalMeshFault {
        var text = text(key, "");
        if (text.isEmpty()) {
            throw new LocalMeshFault(where(key), text, "a text that is not empty");
        }
        return text;
    }

    boolean flag(String key) throws LocalMeshFault {
        return switch (get(key)) {
            case null -> false;
            case Boolean flag -> flag;
            case Object other -> throw new LocalMeshFault(where(key), other, "true or false");
        };
    }

    int number(String key, int fallback, int most) throws LocalMeshFault {
        var value = get(key);
        return value == null ? fallback : number(where(key), value, most);
    }

    static int number(String where, @Nullable Object value, int most) throws LocalMeshFault {
        if (value instanceof Integer number && number >= 0 && number <= most) {
            return number;
        }
        throw new LocalMeshFault(where, String.valueOf(value), "a whole number from 0 to " + most);
    }

    List<Object> list(String key) throws LocalMeshFault {
        return list(where(key), get(key));
    }

    static List<Object> list(String where, @Nullable Object value) throws LocalMeshFault {
        return switch (value) {
            case null -> List.of();
            case List<?> list -> new ArrayList<>(list);
            default -> throw new LocalMeshFault(where, value, "a list");
        };
    }

    List<String> texts(String key) throws LocalMeshFault {
        var all = new ArrayList<String>();
        for (var element : list(key)) {
            all.add(String.valueOf(element));
        }
        return all;
    }

    List<Fields> objects(String key) throws LocalMeshFault {
        var all = new ArrayList<Fields>();
        for (var element : list(key)) {
            all.add(of(where(key) + "[" + all.size() + "]", element));
        }
        return all;
    }

    Optional<Fields> object(String key) throws LocalMeshFault {
        var value = get(key);
        return value == null ? Optional.empty() : Optional.of(of(where(key), value));
    }

    /// One of a few words, whatever their case in the constants.
    <E extends Enum<E>> E word(String key, E fallback, Map<String, E> words) throws LocalMeshFault {
        var text = text(key, "");
        if (text.isEmpty()) {
            return fallback;
        }
        var meant = words.get(text);
        if (meant == null) {
            throw new LocalMeshFault(where(key), text, "one of " + words.keySet());
        }
        return meant;
    }

    Map<Integer, Integer> ports(String key) throws LocalMeshFault {
        return ports(where(key), get(key));
    }

    static Map<Integer, Integer> ports(String where, @Nullable Object value) throws LocalMeshFault {
        var ports = new HashMap<Integer, Integer>();
        if (value != null) {
            for (var entry : of(where, value).values.entrySet()) {
                ports.put(
                        number(where, entry.getKey(), 65_535),
                        number(where, entry.getValue(), 65_535));
            }
        }
        return ports;
    }

    Map<ServiceKey, Map<Integer, Integer>> services(String key) throws LocalMeshFault {
        var services = new HashMap<ServiceKey, Map<Integer, Integer>>();
        var value = get(key);
        if (value != null) {
            for (var entry : of(where(key), value).values.entrySet()) {
                services.put(
                        serviceKey(where(key), String.valueOf(entry.getKey())),
                        ports(where(key), entry.getValue()));
            }
        }
        return services;
    }

    static ServiceKey serviceKey(String where, String text) throws LocalMeshFault {
        int slash = text.indexOf('/');
        if (slash < 1 || slash == text.length() - 1) {
            throw new LocalMeshFault(where, text, "namespace/hostname");
        }
        return new ServiceKey(text.substring(0, slash), text.substring(slash + 1));
    }

    static NetworkAddress networkAddress(String where, String text) throws LocalMeshFault {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new LocalMeshFault(where, text, "network/address");
        }
        return new NetworkAddress(
                text.substring(0, slash), address(where, text.substring(slash + 1)));
    }

    static boolean isAddress(String text) {
        return text.matches("[0-9.]+") || (text.contains(":") && text.matches("[0-9a-fA-F:.]+"));
    }

    static InetAddress address(String where, String text) throws LocalMeshFault {
        try {
            if (isAddress(text)) {
                return InetAddress.getByName(text);
            }
        } catch (UnknownHostException notAnAddress) {
            // Reported below.
        }
        throw new LocalMeshFault(where, text, "an IP address");
    }

    static Cidr cidr(String where, String text) throws LocalMeshFault {
        int slash = text.lastIndexOf('/');
        try {
            if (slash > 0) {
                return new Cidr(
                        address(where, text.substring(0, slash)),
                        Integer.parseInt(text.substring(slash + 1)));
            }
        } catch (IllegalArgumentException outOfRange) {
            // Reported below.
        }
        throw new LocalMeshFault(where, text, "address/prefix length");
    }
}
