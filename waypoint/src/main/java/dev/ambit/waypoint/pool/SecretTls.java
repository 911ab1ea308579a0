package dev.ambit.waypoint.pool;

import dev.ambit.waypoint.pool.TlsClientConfig.How;
import dev.ambit.waypoint.pool.TlsClientConfig.SanMatch;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.NetUtil;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// TLS contexts out of configurations and secrets: built once, used until either changes.
public final class SecretTls implements TlsClients {
    /// A port for the engine's address; nothing depends on it.
    private static final int ANY_PORT = 443;

    private final Secrets secrets;
    private final int most;
    private final ConcurrentHashMap<Key, Result> contexts = new ConcurrentHashMap<>();

    public SecretTls(Secrets secrets, PoolLimits limits) {
        this.secrets = secrets;
        this.most = limits.maxTlsContexts();
    }

    /// Secrets by identity: a new one is another object.
    ///
    /// @param name that must be in the certificate too; empty for none
    private record Key(
            TlsClientConfig config,
            Secrets.@Nullable Secret certificate,
            Secrets.@Nullable Secret roots,
            Secrets.@Nullable Secret revoked,
            String name) {}

    private sealed interface Result {
        record Usable(SslContext context) implements Result {}

        record Unusable(String why) implements Result {}
    }

    @Override
    public Handler handler(TlsClientConfig config, String sni) {
        Secrets.Secret certificate = null;
        if (config.certificate().isPresent()) {
            certificate = secrets.find(config.certificate().get()).orElse(null);
            if (certificate == null) {
                return missing(config.certificate().get());
            }
        }
        Secrets.Secret roots = null;
        if (config.validation().isPresent()) {
            roots = secrets.find(config.validation().get()).orElse(null);
            if (roots == null) {
                return missing(config.validation().get());
            }
        }
        Secrets.Secret revoked = null;
        if (config.crl().isPresent()) {
            revoked = secrets.find(config.crl().get()).orElse(null);
            if (revoked == null) {
                return missing(config.crl().get());
            }
        }
        var key =
                new Key(config, certificate, roots, revoked, config.autoSanValidation() ? sni : "");
        var known = contexts.get(key);
        if (known == null) {
            known = build(key);
            if (contexts.size() >= most) {
                // Rare: each configuration that is still in use is built once more.
                contexts.clear();
            }
            contexts.put(key, known);
        }
        return switch (known) {
            case Result.Usable(var context) -> new Handler.Ready(handler(context, sni));
            case Result.Unusable(var why) -> new Handler.Unavailable(why);
        };
    }

    private static SslHandler handler(SslContext context, String sni) {
        return sni.isEmpty()
                ? context.newHandler(ByteBufAllocator.DEFAULT)
                : context.newHandler(ByteBufAllocator.DEFAULT, sni, ANY_PORT);
    }

    private static Handler missing(String name) {
        return new Handler.Unavailable(
                "TLS secret is not supplied by SDS: "
                        + name
                        + " (does it exist, and may it be read?)");
    }

    private static Result build(Key key) {
        try {
            return new Result.Usable(context(key));
        } catch (GeneralSecurityException | SSLException | IllegalArgumentException unusable) {
            return new Result.Unusable(
                    "TLS secret %s, %s: %s"
                            .formatted(
                                    key.config.certificate().orElse("(no certificate)"),
                                    key.config.validation().orElse("(no roots)"),
                                    cause(unusable)));
        }
    }

    private static String cause(Throwable thrown) {
        var deepest = Optional.ofNullable(thrown.getCause()).orElse(thrown);
        return String.valueOf(deepest.getMessage());
    }

    private static SslContext context(Key key) throws GeneralSecurityException, SSLException {
        var config = key.config;
        var builder =
                SslContextBuilder.forClient()
                        .sslProvider(SslProvider.OPENSSL)
                        .endpointIdentificationAlgorithm(null)
                        .protocols(protocols(config));
        builder.trustManager(
                switch (key.roots) {
                    case Secrets.Secret.Roots roots ->
                            PeerTrust.of(revoked(roots, key), names(key));
                    case Secrets.Secret.Certificate _ ->
                            throw new IllegalArgumentException(
                                    "has a certificate (expected: roots)");
                    case null -> PeerTrust.everybody();
                });
        switch (key.certificate) {
            case Secrets.Secret.Certificate own ->
                    builder.keyManager(bytes(own.chain()), bytes(own.key()));
            case Secrets.Secret.Roots _ ->
                    throw new IllegalArgumentException("has roots (expected: a certificate)");
            case null -> {
                // It shows none.
            }
        }
        if (!config.ciphers().isEmpty()) {
            builder.ciphers(config.ciphers());
        }
        if (!config.alpn().isEmpty()) {
            builder.applicationProtocolConfig(
                    new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            config.alpn()));
        }
        return builder.build();
    }

    /// The roots with what the configuration itself wants taken back.
    private static Secrets.Secret.Roots revoked(Secrets.Secret.Roots roots, Key key) {
        return switch (key.revoked) {
            case Secrets.Secret.Roots(_, var lists) when !lists.isBlank() ->
                    new Secrets.Secret.Roots(roots.roots(), roots.revocationLists() + "\n" + lists);
            case null -> roots;
            case Secrets.Secret.Roots _, Secrets.Secret.Certificate _ ->
                    throw new IllegalArgumentException("has no CRL (expected: one in PEM)");
        };
    }

    private static SanMatcher names(Key key) {
        if (key.name.isEmpty()) {
            return new SanMatcher(key.config.names());
        }
        boolean ip = NetUtil.createInetAddressFromIpAddressString(key.name) != null;
        return new SanMatcher(List.of(new SanMatch(ip ? "IP" : "DNS", How.EXACT, key.name, true)));
    }

    private static String[] protocols(TlsClientConfig config) {
        var all = new ArrayList<String>(2);
        if (!config.minVersion().equals("TLSv1.3")) {
            all.add("TLSv1.2");
        }
        if (!config.maxVersion().equals("TLSv1.2")) {
            all.add("TLSv1.3");
        }
        return all.toArray(String[]::new);
    }

    private static ByteArrayInputStream bytes(String pem) {
        return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
    }
}
