using System.Security.Cryptography.X509Certificates;

namespace Slideport.Dicom.UpperLayer;

/// <summary>Whose certificates the accepting side takes.</summary>
/// <param name="Authorities">Who may have issued them: the site's own.</param>
public sealed record ClientTrust(X509Certificate2Collection Authorities)
{
    /// <summary>Asked for every certificate that is otherwise good; null revokes none.</summary>
    public Predicate<X509Certificate2>? IsRevoked { get; init; }

    /// <summary>Further authorities, whose certificates are taken one by one: that such an authority has issued it alone lets nobody in.</summary>
    public X509Certificate2Collection FurtherAuthorities { get; init; } = [];

    /// <summary>Asked for every certificate of a further authority; null takes none of them.</summary>
    public Predicate<X509Certificate2>? IsRegistered { get; init; }

    /// <summary>Whether a certificate is taken whose chain is otherwise good.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="chain">Its chain, up to the root.</param>
    public bool Takes(X509Certificate2 certificate, X509Chain chain) =>
        IsRevoked?.Invoke(certificate) != true && (IsOf(chain, Authorities) || IsRegistered?.Invoke(certificate) == true);

    /// <summary>Whether a chain ends at one of these authorities.</summary>
    public static bool IsOf(X509Chain chain, X509Certificate2Collection authorities)
    {
        var root = chain.ChainElements[^1].Certificate.RawDataMemory.Span;
        foreach (var authority in authorities)
        {
            if (root.SequenceEqual(authority.RawDataMemory.Span))
                return true;
        }

        return false;
    }
}
