package dev.ambit.e2e.scenario;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;

/// `nghttp` as an HBONE client of any identity, in a pod outside the mesh.
final class Nghttp {
    static final Duration HOUR = Duration.ofHours(1);

    private final MeshLab mesh;
    private final Path files;

    /// @param files a directory for its certificate and key
    Nghttp(MeshLab mesh, Path files) {
        this.mesh = mesh;
        this.files = files;
    }

    LocalAuthority meshAuthority() throws IOException {
        return LocalAuthority.load(
                mesh.lab().state().etc().resolve("ca"), "root", Clock.systemUTC(), HOUR);
    }

    /// Everything that it printed about a CONNECT to port 15008 of `to`.
    String connect(LocalAuthority authority, SpiffeId id, MeshPod to, String target)
            throws IOException, CertificateException {
        var csr = KeyAndCsr.forIdentity(id);
        Path chain = files.resolve("chain.pem");
        Path key = files.resolve("key.pem");
        Files.writeString(chain, String.join("", authority.sign(csr.pem(), id, HOUR)));
        Files.writeString(key, Pem.encode("PRIVATE KEY", csr.keys().getPrivate().getEncoded()));
        var result =
                mesh.pod("legacy/batch")
                        .place()
                        .netns()
                        .inside(
                                "timeout",
                                "5",
                                "nghttp",
                                "-v",
                                "--cert=" + chain,
                                "--key=" + key,
                                "-H:method: CONNECT",
                                "-H:authority: " + target,
                                "https://" + to.address() + ":15008/")
                        .attempt(Duration.ofSeconds(10));
        return result.out() + result.err();
    }
}
