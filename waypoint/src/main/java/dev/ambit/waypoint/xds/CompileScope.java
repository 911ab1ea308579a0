package dev.ambit.waypoint.xds;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.Set;

/// What compilers of one resource tell about it on the way. One thread.
public final class CompileScope {
    private final List<String> skipped = new ArrayList<>();
    private final SequencedSet<String> clusters = new LinkedHashSet<>();
    private final SequencedSet<String> secrets = new LinkedHashSet<>();

    /// Something that has no effect here, and may be left out without harm: shown in
    /// `/config_dump`.
    public void skipped(String what) {
        skipped.add(what);
    }

    /// What is compiled sends to this cluster: it is warmed first.
    public void needsCluster(String name) {
        if (!name.isEmpty()) {
            clusters.add(name);
        }
    }

    /// What is compiled uses this secret: it is subscribed to.
    public void needsSecret(String name) {
        secrets.add(name);
    }

    public List<String> skipped() {
        return List.copyOf(skipped);
    }

    public Set<String> clusters() {
        return Set.copyOf(clusters);
    }

    public Set<String> secrets() {
        return Set.copyOf(secrets);
    }

    /// The type inside an `Any`, without the host: `envoy.extensions...Router`.
    public static String type(Any any) {
        var url = any.getTypeUrl();
        return url.substring(url.lastIndexOf('/') + 1);
    }

    /// @param field that `any` is in
    public static <T extends Message> T unpack(String field, Any any, Parser<T> parser)
            throws Refused {
        try {
            return parser.parseFrom(any.getValue());
        } catch (InvalidProtocolBufferException malformed) {
            throw new Refused(
                    field,
                    String.valueOf(malformed.getMessage()),
                    "a message of type " + type(any) + "; is it cut off?");
        }
    }
}
