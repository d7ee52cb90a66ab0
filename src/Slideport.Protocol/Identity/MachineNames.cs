namespace Slideport.Protocol.Identity;

/// <summary>
/// The names under which the installation's own machines know each other, whatever the network calls them. Only the installation's authority puts
/// them into a certificate, and only for that role: who connects to SAM by this name talks to SAM or to nobody, however names are resolved and
/// whichever certificate SAM shows to others.
/// </summary>
public static class MachineNames
{
    private const string Suffix = ".slideport.internal";

    /// <summary>SAM's name.</summary>
    public static string Sam => Of("sam");

    /// <summary>The DICOM Converter's name.</summary>
    public static string Converter => Of("converter");

    /// <summary>The name of a role.</summary>
    /// <param name="role">Name of the role: <c>sam</c>, <c>converter</c>.</param>
    public static string Of(string role) => role + Suffix;

    /// <summary>Whether a host name is one of these, which no machine may ask for.</summary>
    public static bool IsReserved(string host) => host.TrimEnd('.').EndsWith(Suffix, StringComparison.OrdinalIgnoreCase);
}
