package dev.ambit.e2e.scenario;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.TrustBundle;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

/// A key and a certificate for any identity, made by whoever holds an authority's key.
///
/// @param chain PEM texts: the leaf, then intermediates, last all roots
record Issued(SpiffeId id, byte[] key, List<String> chain) {
    private static final Duration DAY = Duration.ofDays(1);

    Issued {
        chain = List.copyOf(chain);
    }

    static Issued by(LocalAuthority authority, SpiffeId id) throws GeneralSecurityException {
        var csr = KeyAndCsr.forIdentity(id);
        var chain = authority.sign(csr.pem(), id, DAY);
        return new Issued(id, csr.keys().getPrivate().getEncoded(), chain);
    }

    /// By the mesh's own authority, though its rules would refuse this identity.
    static Issued by(MeshLab mesh, SpiffeId id) throws IOException, GeneralSecurityException {
        return by(authority(mesh), id);
    }

    static LocalAuthority authority(MeshLab mesh) throws IOException {
        var directory = mesh.lab().state().etc().resolve("ca");
        return LocalAuthority.load(directory, "root", Clock.systemUTC(), DAY);
    }

    static LocalAuthority stranger() {
        return LocalAuthority.create("stranger", Clock.systemUTC(), DAY);
    }

    /// Trusts the roots of `trusted`, whoever signed.
    WorkloadCertificate certificate(LocalAuthority trusted) throws GeneralSecurityException {
        return certificate(trusted.trustPem());
    }

    private WorkloadCertificate certificate(String roots) throws GeneralSecurityException {
        var leafFirst = String.join("", chain.subList(0, chain.size() - 1));
        return new WorkloadCertificate(
                id,
                KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(key)),
                Pem.certificates(leafFirst),
                new TrustBundle(Pem.certificates(roots)));
    }

    /// For another process: four lines and the texts, readable by `read`.
    void write(Path file) throws IOException {
        var text = new StringBuilder(id + "\n");
        text.append(Base64.getEncoder().encodeToString(key)).append('\n');
        chain.forEach(pem ->
                text.append(Base64.getEncoder().encodeToString(pem.getBytes(US_ASCII)))
                        .append('\n'));
        Files.writeString(file, text);
    }

    static WorkloadCertificate read(Path file) throws IOException, GeneralSecurityException {
        var lines = Files.readAllLines(file);
        var decoder = Base64.getDecoder();
        var chain =
                lines.subList(2, lines.size()).stream()
                        .map(line -> new String(decoder.decode(line), US_ASCII))
                        .toList();
        var issued =
                new Issued(SpiffeId.parse(lines.getFirst()), decoder.decode(lines.get(1)), chain);
        return issued.certificate(chain.getLast());
    }
}
