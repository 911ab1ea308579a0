package dev.ambit.mesh.xds;

/// What the WDS client counts and tells.
public interface WdsEvents {
    void received(String typeUrl, int bytes);

    /// A resource that was not understood; the control plane is told the same.
    void rejected(String typeUrl, String resource, String reason);

    /// @param reason `ConnectionError` or `Error` or `Reconnect` or `Complete`
    void terminated(String reason, String detail);

    /// Both types have been received once: the mesh is known.
    void ready();
}
