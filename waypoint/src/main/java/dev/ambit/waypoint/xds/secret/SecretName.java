package dev.ambit.waypoint.xds.secret;

import java.nio.file.Path;

/// What the name of a secret says about where it comes from. Pure.
sealed interface SecretName {
    /// This process's own certificate and key: `default`, `builtin://`.
    record Own() implements SecretName {}

    /// The mesh's roots: `ROOTCA`, `builtin://-cacert`.
    record MeshRoots() implements SecretName {}

    /// `file-cert:<chain>~<key>`.
    record CertificateFiles(Path chain, Path key) implements SecretName {}

    /// `file-root:<file>`.
    record RootFile(Path file) implements SecretName {}

    /// `file-crl:<file>`: certificates that were taken back. Ours, since istiod names that file in
    /// the cluster itself.
    record RevocationFile(Path file) implements SecretName {}

    /// `file-root:system`: whom the Java runtime trusts.
    record SystemRoots() implements SecretName {}

    /// Everything else, as `kubernetes://` and `configmap://`: asked of the control plane.
    record Remote() implements SecretName {}

    /// A file's name that makes no sense.
    record Malformed(String expected) implements SecretName {}

    String FILE_CERTIFICATE = "file-cert:";
    String FILE_ROOT = "file-root:";
    String FILE_CRL = "file-crl:";

    static SecretName parse(String name) {
        return switch (name) {
            case "default", "builtin://" -> new Own();
            case "ROOTCA", "builtin://-cacert" -> new MeshRoots();
            case FILE_ROOT + "system" -> new SystemRoots();
            default -> {
                if (name.startsWith(FILE_CERTIFICATE)) {
                    yield certificate(name.substring(FILE_CERTIFICATE.length()));
                }
                if (name.startsWith(FILE_ROOT) && name.length() > FILE_ROOT.length()) {
                    yield new RootFile(Path.of(name.substring(FILE_ROOT.length())));
                }
                if (name.startsWith(FILE_CRL) && name.length() > FILE_CRL.length()) {
                    yield new RevocationFile(Path.of(name.substring(FILE_CRL.length())));
                }
                yield new Remote();
            }
        };
    }

    private static SecretName certificate(String files) {
        int tilde = files.indexOf('~');
        return tilde > 0 && tilde < files.length() - 1
                ? new CertificateFiles(
                        Path.of(files.substring(0, tilde)), Path.of(files.substring(tilde + 1)))
                : new Malformed(FILE_CERTIFICATE + "<chain file>~<key file>");
    }
}
