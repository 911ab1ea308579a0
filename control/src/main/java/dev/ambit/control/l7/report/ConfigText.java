package dev.ambit.control.l7.report;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.ambit.control.l7.WaypointConfig;
import dev.ambit.control.l7.secret.SecretUses;
import dev.ambit.control.l7.secret.SecretUses.Use;
import dev.ambit.control.l7.secret.Secrets;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;

/// What a waypoint is sent, as a tree to print. Private keys are left out of it.
public final class ConfigText {
    private static final ByteString REDACTED = ByteString.copyFromUtf8("[redacted]");

    private ConfigText() {}

    /// Types of resources, by the names that people use.
    public enum Type {
        CDS,
        EDS,
        LDS,
        SDS,
        WDS;

        public String lower() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Per type: resources by name.
    ///
    /// @param wanted part of a resource's name; empty: all
    public static SequencedMap<String, Object> of(
            WaypointConfig config,
            Function<String, Secrets.Answer> secrets,
            List<Type> types,
            String wanted) {
        var tree = new LinkedHashMap<String, Object>();
        for (var type : types) {
            var resources =
                    switch (type) {
                        case CDS -> trees(config.clusters(), wanted);
                        case EDS -> trees(config.endpoints(), wanted);
                        case LDS -> trees(config.listeners(), wanted);
                        case SDS -> secrets(config, secrets, wanted);
                        case WDS -> trees(config.workloads(), wanted);
                    };
            tree.put(type.lower(), resources);
        }
        return tree;
    }

    private static Map<String, Object> trees(
            Map<String, ? extends Message> messages, String wanted) {
        var trees = new LinkedHashMap<String, Object>();
        messages.forEach((name, message) -> {
            if (name.contains(wanted)) {
                trees.put(name, Output.tree(message));
            }
        });
        return trees;
    }

    private static Map<String, Object> secrets(
            WaypointConfig config, Function<String, Secrets.Answer> secrets, String wanted) {
        var byName = new TreeMap<String, List<Use>>();
        for (var use : SecretUses.of(config)) {
            if (use.name().contains(wanted)) {
                byName.computeIfAbsent(use.name(), n -> new ArrayList<>()).add(use);
            }
        }
        var trees = new LinkedHashMap<String, Object>();
        byName.forEach((name, uses) -> trees.put(name, secret(name, uses, secrets)));
        return trees;
    }

    private static Map<String, Object> secret(
            String name, List<Use> uses, Function<String, Secrets.Answer> secrets) {
        var entry = new LinkedHashMap<String, Object>();
        var source = uses.getFirst().source();
        entry.put("source", source);
        entry.put("usedBy", uses.stream().map(Use::user).toList());
        if (source.equals(Use.ADS)) {
            switch (secrets.apply(name)) {
                case Secrets.Answer.Found(var secret) -> entry.put("secret", tree(secret));
                case Secrets.Answer.None(var reason) -> entry.put("missing", reason);
            }
        }
        return entry;
    }

    /// Without its private key.
    public static Map<?, ?> tree(Secret secret) {
        return Output.tree(redacted(secret));
    }

    private static Secret redacted(Secret secret) {
        if (!secret.hasTlsCertificate()) {
            return secret;
        }
        var certificate =
                secret.getTlsCertificate().toBuilder()
                        .setPrivateKey(DataSource.newBuilder().setInlineBytes(REDACTED));
        return secret.toBuilder().setTlsCertificate(certificate).build();
    }
}
