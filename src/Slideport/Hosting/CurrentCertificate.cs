using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Slideport.Hosting;

/// <summary>
/// A role's certificate, ready for handshakes and never older than its files. Reading it and building its chain costs as much as a handshake
/// itself: that is done only when the files have changed, and every hour, because it may be time to renew.
/// </summary>
/// <param name="open">Reads or renews the certificate.</param>
/// <param name="files">Where it and its key lie.</param>
/// <param name="time">Clock.</param>
internal sealed class CurrentCertificate(Func<X509Certificate2> open, (string Certificate, string Key) files, TimeProvider time)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromHours(1);

    private readonly Lock _lock = new(); // guards _known; who comes while it is read anew waits for the new one
    private Known? _known;

    private sealed record Known(SslStreamCertificateContext Context, (DateTime, DateTime) Written, DateTimeOffset At);

    /// <summary>The certificate as it is now.</summary>
    internal SslStreamCertificateContext Get()
    {
        lock (_lock)
        {
            // The times from before reading: what is written meanwhile is read with the next question.
            var (written, now) = ((File.GetLastWriteTimeUtc(files.Certificate), File.GetLastWriteTimeUtc(files.Key)), time.GetUtcNow());
            if (_known is not { } known || known.Written != written || now - known.At >= LookAgain)
                _known = known = new Known(Read(), written, now);
            return known.Context;
        }
    }

    // Connections that began with the one before go on with it; it is let go with the last of them.
    private SslStreamCertificateContext Read()
    {
        var certificate = open();
        if (_known is not { Context: var context } || !context.TargetCertificate.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span))
            return SslStreamCertificateContext.Create(certificate, null, offline: true);
        certificate.Dispose();
        return context;
    }
}
