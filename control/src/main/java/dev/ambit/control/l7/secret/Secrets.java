package dev.ambit.control.l7.secret;

import com.google.protobuf.ByteString;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Pod;
import dev.ambit.control.resource.data.ConfigMap;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which secrets there are, and which a waypoint may have.
///
/// A waypoint may have Secrets of its own namespace alone, and keys only if it runs as an account
/// of the Gateway that it says it is an instance of: istiod asks Kubernetes whether the account may
/// read secrets, which a directory of YAML can't tell. CA certificates of ConfigMaps are no secret.
public final class Secrets {
    private final Map<String, dev.ambit.control.resource.data.Secret> secrets = new HashMap<>();
    private final Map<String, ConfigMap> maps = new HashMap<>();
    private final L7Model model;

    private Secrets(L7Model model) {
        this.model = model;
        for (var secret : model.input().all(dev.ambit.control.resource.data.Secret.class)) {
            secrets.putIfAbsent(secret.meta().path(), secret);
        }
        for (var map : model.input().all(ConfigMap.class)) {
            maps.putIfAbsent(map.meta().path(), map);
        }
    }

    public static Secrets of(L7Model model) {
        return new Secrets(model);
    }

    /// What became of a name that was asked for.
    public sealed interface Answer {
        record Found(Secret secret) implements Answer {}

        /// @param reason for people: what is missing, or why it is not handed out
        record None(String reason) implements Answer {}
    }

    public Answer find(String text, WaypointNode node) {
        var parsed = SecretName.parse(text, node.namespace());
        if (parsed.isEmpty()) {
            return new Answer.None(
                    "'" + text + "' (expected: kubernetes://NAME or configmap://NAMESPACE/NAME)");
        }
        var name = parsed.get();
        return switch (name.source()) {
            case CONFIG_MAP -> authority(name, texts(maps.get(path(name, name.withoutSuffix()))));
            case SECRET, GATEWAY_SECRET -> secret(name, node);
        };
    }

    private Answer secret(SecretName name, WaypointNode node) {
        if (!name.namespace().equals(node.namespace())) {
            return new Answer.None(
                    "Secret "
                            + path(name, name.name())
                            + " is of another namespace than the waypoint (expected: "
                            + node.namespace()
                            + ")");
        }
        if (name.caOnly()) {
            var exact = secrets.get(path(name, name.name()));
            var stripped = secrets.get(path(name, name.withoutSuffix()));
            return authority(name, bytes(exact == null ? stripped : exact));
        }
        if (!accounts(node).contains(node.serviceAccount())) {
            return new Answer.None(
                    "account "
                            + node.serviceAccount()
                            + " is none of Gateway "
                            + node.namespace()
                            + "/"
                            + node.gateway());
        }
        return certificate(name, bytes(secrets.get(path(name, name.name()))));
    }

    /// Accounts that instances of the waypoint run as: its pods', else what its Gateway would give
    /// them.
    private List<String> accounts(WaypointNode node) {
        var ofPods =
                model.input().all(Pod.class).stream()
                        .filter(p -> p.meta().namespace().equals(node.namespace()))
                        .filter(p -> p.meta().label(Names.GATEWAY_NAME).equals(node.gateway()))
                        .map(p -> p.spec().serviceAccount())
                        .toList();
        if (!ofPods.isEmpty()) {
            return ofPods;
        }
        return model.input().all(Gateway.class).stream()
                .filter(g -> g.meta().namespace().equals(node.namespace()))
                .filter(g -> g.meta().name().equals(node.gateway()))
                .map(g ->
                        g.meta().annotations().getOrDefault(Names.GATEWAY_ACCOUNT, g.meta().name()))
                .toList();
    }

    private static String path(SecretName secret, String name) {
        return secret.namespace() + "/" + name;
    }

    private static Optional<Map<String, ByteString>> bytes(
            dev.ambit.control.resource.data.@org.jspecify.annotations.Nullable Secret secret) {
        return Optional.ofNullable(secret)
                .map(s -> converted(s.data(), StandardCharsets.ISO_8859_1));
    }

    private static Optional<Map<String, ByteString>> texts(
            @org.jspecify.annotations.Nullable ConfigMap map) {
        return Optional.ofNullable(map).map(m -> converted(m.data(), StandardCharsets.UTF_8));
    }

    private static Map<String, ByteString> converted(
            Map<String, String> data, java.nio.charset.Charset charset) {
        var converted = new HashMap<String, ByteString>();
        data.forEach((key, value) -> converted.put(key, ByteString.copyFrom(value, charset)));
        return converted;
    }

    private static Answer certificate(SecretName name, Optional<Map<String, ByteString>> data) {
        if (data.isEmpty()) {
            return missing(name);
        }
        var values = data.get();
        boolean generic = filled(values, "cert") && filled(values, "key");
        var chain = generic ? "cert" : "tls.crt";
        var key = generic ? "key" : "tls.key";
        if (!filled(values, chain) || !filled(values, key)) {
            return new Answer.None(
                    subject(name) + " has neither cert and key nor tls.crt and tls.key");
        }
        var certificate =
                TlsCertificate.newBuilder()
                        .setCertificateChain(inline(values, chain))
                        .setPrivateKey(inline(values, key));
        if (!generic && values.containsKey("tls.ocsp-staple")) {
            certificate.setOcspStaple(inline(values, "tls.ocsp-staple"));
        }
        return new Answer.Found(
                Secret.newBuilder().setName(name.text()).setTlsCertificate(certificate).build());
    }

    private static Answer authority(SecretName name, Optional<Map<String, ByteString>> data) {
        if (data.isEmpty()) {
            return missing(name);
        }
        var values = data.get();
        boolean generic = filled(values, "cacert");
        var authority = generic ? "cacert" : "ca.crt";
        if (!filled(values, authority)) {
            return new Answer.None(subject(name) + " has neither cacert nor ca.crt");
        }
        var context =
                CertificateValidationContext.newBuilder().setTrustedCa(inline(values, authority));
        var revoked = generic ? "crl" : "ca.crl";
        if (values.containsKey(revoked)) {
            context.setCrl(inline(values, revoked));
        }
        return new Answer.Found(
                Secret.newBuilder().setName(name.text()).setValidationContext(context).build());
    }

    private static Answer missing(SecretName name) {
        return new Answer.None(subject(name) + " does not exist");
    }

    private static String subject(SecretName name) {
        var kind = name.source() == SecretName.Source.CONFIG_MAP ? "ConfigMap " : "Secret ";
        return kind + name.namespace() + "/" + name.name();
    }

    private static boolean filled(Map<String, ByteString> values, String key) {
        return !values.getOrDefault(key, ByteString.EMPTY).isEmpty();
    }

    private static DataSource inline(Map<String, ByteString> values, String key) {
        return DataSource.newBuilder()
                .setInlineBytes(values.getOrDefault(key, ByteString.EMPTY))
                .build();
    }
}
