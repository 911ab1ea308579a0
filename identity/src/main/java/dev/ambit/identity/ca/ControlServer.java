package dev.ambit.identity.ca;

import java.util.Optional;

/// Where a part of the control plane is, and how it proves that it is it.
///
/// @param alsoNamed name that its certificate may have instead of `host`
public record ControlServer(
        String host, int port, RootCertificates roots, Optional<String> alsoNamed) {}
