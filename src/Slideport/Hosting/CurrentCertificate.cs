using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slideport.Hosting;

/// <summary>
/// A certificate, ready for handshakes and never older than its files. Reading it and building its chain costs as much as a handshake itself: that
/// is done only when the files have changed, and every hour, because it may be time to renew. What cannot be read, such as files of which one is
/// replaced and the other not yet, leaves the one before in use.
/// </summary>
/// <param name="open">Reads or renews the certificate.</param>
/// <param name="files">Where it and its key lie.</param>
/// <param name="time">Clock.</param>
/// <param name="failed">Told why the one before stays in use.</param>
internal sealed class CurrentCertificate(Func<SslStreamCertificateContext> open, IReadOnlyList<string> files, TimeProvider time, Action<string>? failed = null)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromHours(1);

    private readonly Lock _lock = new(); // guards _known; who comes while it is read anew waits for the new one
    private Known? _known;

    private sealed record Known(SslStreamCertificateContext Context, DateTime[] Written, DateTimeOffset At);

    /// <summary>One that has nothing before and after it in its chain but the authority.</summary>
    internal static CurrentCertificate Of(Func<X509Certificate2> open, (string Certificate, string Key) files, TimeProvider time, Action<string>? failed = null) =>
        new(() => SslStreamCertificateContext.Create(open(), null, offline: true), [files.Certificate, files.Key], time, failed);

    /// <summary>The certificate as it is now.</summary>
    internal SslStreamCertificateContext Get()
    {
        lock (_lock)
        {
            // The times from before reading: what is written meanwhile is read with the next question.
            var (written, now) = (files.Select(File.GetLastWriteTimeUtc).ToArray(), time.GetUtcNow());
            if (_known is not { } known || !known.Written.AsSpan().SequenceEqual(written) || now - known.At >= LookAgain)
                _known = known = new Known(Read(), written, now);
            return known.Context;
        }
    }

    // Connections that began with the one before go on with it; it is let go with the last of them.
    private SslStreamCertificateContext Read()
    {
        if (_known is not { Context: var before })
            return open();
        try
        {
            var context = open();
            return IsSame(before, context) ? before : context;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException) // ArgumentException: the key is not the certificate's
        {
            failed?.Invoke(e.Message);
            return before;
        }
    }

    private static bool IsSame(SslStreamCertificateContext one, SslStreamCertificateContext other) =>
        one.TargetCertificate.RawDataMemory.Span.SequenceEqual(other.TargetCertificate.RawDataMemory.Span)
        && one.IntermediateCertificates.Select(c => c.Thumbprint).SequenceEqual(other.IntermediateCertificates.Select(c => c.Thumbprint), StringComparer.Ordinal);
}
