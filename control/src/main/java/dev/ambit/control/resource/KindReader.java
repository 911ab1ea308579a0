package dev.ambit.control.resource;

/// Reads one kind. Kubernetes' own kinds are read leniently, Istio's strictly (see {@link Fields}).
@FunctionalInterface
public interface KindReader {
    /// @throws BadInput at the first field that can't be used
    Resource read(Fields top, Meta meta);
}
