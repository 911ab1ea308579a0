package dev.ambit.waypoint.xds.secret;

import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.waypoint.pool.Secrets;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Secrets by name. Loops read without locks and never touch a file: files are read when their
/// names come to be wanted, and looked at again from time to time.
public final class SecretStore implements Secrets {
    private static final Logger LOG = LoggerFactory.getLogger(SecretStore.class);

    private final Supplier<Optional<WorkloadCertificate>> own;
    private final Map<String, Secret> secrets = new ConcurrentHashMap<>();
    private final Map<String, String> problems = new ConcurrentHashMap<>();
    private volatile Set<String> wanted = Set.of();
    private volatile @Nullable OwnPem ownPem;

    private record OwnPem(WorkloadCertificate of, Secret certificate, Secret roots) {}

    /// @param own this process's certificate, if it has come
    public SecretStore(Supplier<Optional<WorkloadCertificate>> own) {
        this.own = own;
    }

    @Override
    public Optional<Secret> find(String name) {
        return switch (SecretName.parse(name)) {
            case SecretName.Own() -> own().map(OwnPem::certificate);
            case SecretName.MeshRoots() -> own().map(OwnPem::roots);
            default -> Optional.ofNullable(secrets.get(name));
        };
    }

    private Optional<OwnPem> own() {
        var certificate = own.get();
        if (certificate.isEmpty()) {
            return Optional.empty();
        }
        var known = ownPem;
        if (known == null || known.of() != certificate.get()) {
            known =
                    new OwnPem(
                            certificate.get(),
                            OwnIdentity.certificate(certificate.get()),
                            OwnIdentity.roots(certificate.get()));
            ownPem = known;
        }
        return Optional.of(known);
    }

    /// Says which secrets the configuration uses; those that it no longer uses are forgotten. Reads
    /// files: blocks.
    public void want(Set<String> names) {
        var gone = new TreeSet<>(secrets.keySet());
        gone.removeAll(names);
        gone.forEach(secrets::remove);
        problems.keySet().retainAll(names);
        var added = new TreeSet<>(names);
        added.removeAll(wanted);
        wanted = Set.copyOf(names);
        added.forEach(this::load);
    }

    /// Looks at the files again. Blocks.
    public void refresh() {
        wanted.forEach(this::load);
    }

    /// Those that the control plane is asked for.
    public Set<String> remote() {
        var all = new TreeSet<String>();
        for (var name : wanted) {
            if (SecretName.parse(name) instanceof SecretName.Remote) {
                all.add(name);
            }
        }
        return all;
    }

    /// What the control plane sent.
    public void put(String name, Secret secret) {
        secrets.put(name, secret);
        problems.remove(name);
    }

    public void remove(String name) {
        secrets.remove(name);
    }

    /// Whether it is here; one's own is not waited for, since nothing works without it anyway.
    public boolean warm(String name) {
        return switch (SecretName.parse(name)) {
            case SecretName.Own(), SecretName.MeshRoots() -> true;
            case SecretName.Remote() -> secrets.containsKey(name);
            default -> secrets.containsKey(name) || problems.containsKey(name);
        };
    }

    /// Those that are here, by name; one's own certificate as `default`, with the roots as
    /// `ROOTCA`.
    public Map<String, Secret> all() {
        var all = new TreeMap<String, Secret>(secrets);
        own().ifPresent(pem -> {
            all.put("default", pem.certificate());
            all.put("ROOTCA", pem.roots());
        });
        return all;
    }

    /// Why local ones are not here, by name.
    public Map<String, String> problems() {
        return new TreeMap<>(problems);
    }

    private void load(String name) {
        try {
            var secret =
                    switch (SecretName.parse(name)) {
                        case SecretName.CertificateFiles(var chain, var key) ->
                                new Secret.Certificate(text(chain), text(key));
                        case SecretName.RootFile(var file) -> new Secret.Roots(text(file), "");
                        case SecretName.RevocationFile(var file) ->
                                new Secret.Roots("", text(file));
                        case SecretName.SystemRoots() -> new Secret.Roots(systemRoots(), "");
                        case SecretName.Malformed(var expected) ->
                                throw new IOException(
                                        "'" + name + "' (expected: " + expected + ")");
                        case SecretName.Own(), SecretName.MeshRoots(), SecretName.Remote() -> null;
                    };
            if (secret != null && !secret.equals(secrets.get(name))) {
                put(name, secret);
            }
        } catch (IOException unreadable) {
            // The one from before stays: half a renewal is no reason to lose a working secret.
            var problem = "%s: %s (is it mounted?)".formatted(name, unreadable);
            if (!problem.equals(problems.put(name, problem))) {
                LOG.warn("secret {}", problem);
            }
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.US_ASCII);
    }

    private static String systemRoots() throws IOException {
        try {
            var factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            var text = new StringBuilder();
            for (var manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager x509) {
                    for (X509Certificate root : x509.getAcceptedIssuers()) {
                        text.append("-----BEGIN CERTIFICATE-----\n")
                                .append(Base64.getMimeEncoder().encodeToString(root.getEncoded()))
                                .append("\n-----END CERTIFICATE-----\n");
                    }
                }
            }
            return text.toString();
        } catch (NoSuchAlgorithmException
                | KeyStoreException
                | CertificateEncodingException unusable) {
            throw new IOException("roots of the Java runtime: " + unusable.getMessage(), unusable);
        }
    }
}
