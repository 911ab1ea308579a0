# Sourced by ./dev, ./ambit and ./mvnw: sets JAVA_HOME to a JDK 25, or says what to install.
# Order: AMBIT_JAVA_HOME, JAVA_HOME, `java` on PATH, the usual places.

ambit_is_jdk_25() {
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] && grep -q '^JAVA_VERSION="25[."]' "$1/release"
}

ambit_find_jdk() {
    local candidate on_path
    on_path=$(command -v javac || true)
    [ -n "$on_path" ] && on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
    for candidate in "${AMBIT_JAVA_HOME:-}" "${JAVA_HOME:-}" "$on_path" \
        /usr/lib/jvm/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home; do
        if [ -n "$candidate" ] && ambit_is_jdk_25 "$candidate"; then
            JAVA_HOME=$candidate
            export JAVA_HOME
            return 0
        fi
    done
    {
        echo "ambit: no JDK 25 found (looked at AMBIT_JAVA_HOME, JAVA_HOME, PATH and the usual folders)."
        echo "ambit: install one, for example Eclipse Temurin 25 (package temurin-25-jdk) or Debian's"
        echo "ambit: openjdk-25-jdk, or set AMBIT_JAVA_HOME to the folder of an unpacked JDK 25."
    } >&2
    return 1
}

ambit_find_jdk
