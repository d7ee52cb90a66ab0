namespace Slideport.Settings;

/// <summary>Settings of section <c>Certificates</c>: what the site's own authority has issued, for this machine and for scanners.</summary>
internal sealed record CertificateOptions
{
    /// <summary>Certificate of this machine (PEM with the certificates up to its authority, or PKCS #12); empty: only the installation's own.</summary>
    public string Server { get; init; } = "";

    /// <summary>Its private key (PEM); empty: it is in the same file.</summary>
    public string ServerKey { get; init; } = "";

    /// <summary>File that holds the password of key or PKCS #12; empty: there is none.</summary>
    public string PasswordFile { get; init; } = "";

    /// <summary>PEM file of further authorities, whose certificates let scanners in that they are registered for.</summary>
    public string ClientAuthorities { get; init; } = "";

    /// <summary>Everything wrong with the settings, a sentence each; what is in the files is looked at when they are opened.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        foreach (var (key, path) in new[] { ("Server", Server), ("ServerKey", ServerKey), ("PasswordFile", PasswordFile), ("ClientAuthorities", ClientAuthorities) })
        {
            if (path.Length > 0 && !File.Exists(path))
                errors.Add($"Certificates:{key} '{path}' is not there.");
        }

        if (Server.Length == 0 && (ServerKey.Length > 0 || PasswordFile.Length > 0))
            errors.Add("Certificates:ServerKey and Certificates:PasswordFile belong to Certificates:Server, which is not set.");
        return errors;
    }
}
