using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;

namespace Slideport.Scanner.Sam;

/// <summary>
/// The scanner's line to SAM, and as whom it is used. The certificate is renewed in time; the next one is taken when no rack is being scanned, so
/// that what was begun with one certificate is finished with it: SAM retires the old one soon after it sees the new. Safe for concurrent use.
/// </summary>
internal sealed class ScannerLink : IDisposable
{
    private readonly Uri _sam;
    private readonly List<SamClient> _clients = [];
    private readonly Lock _lock = new(); // guards all that follow
    private ScannerIdentity _identity;
    private ScannerIdentity? _next;
    private int _scans;

    internal ScannerLink(Uri sam, ScannerIdentity identity)
    {
        (_sam, _identity) = (sam, identity);
        Connect();
    }

    /// <summary>As whom.</summary>
    internal ScannerIdentity Identity
    {
        get
        {
            lock (_lock)
                return _identity;
        }
    }

    /// <summary>What asks SAM.</summary>
    internal SamClient Client
    {
        get
        {
            lock (_lock)
                return _clients[^1];
        }
    }

    /// <summary>A rack begins; the answer is who scans it, to its end.</summary>
    internal ScannerIdentity BeginScan()
    {
        lock (_lock)
        {
            _scans++;
            return _identity;
        }
    }

    /// <summary>A rack is done.</summary>
    internal void EndScan()
    {
        lock (_lock)
            _scans--;
        TakeNext();
    }

    /// <summary>Renews the certificate when it is time to.</summary>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM refused.</exception>
    internal async Task RenewAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        ScannerIdentity newest;
        lock (_lock)
            newest = _next ?? _identity;
        if (!newest.IsDue(now))
            return;
        var next = await newest.RenewAsync(Client, cancellationToken);
        lock (_lock)
            _next = next;
        TakeNext();
    }

    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
    }

    // The one before stays until the end: what is being asked over it gets its answer.
    private void TakeNext()
    {
        lock (_lock)
        {
            if (_next is null || _scans > 0)
                return;
            (_identity, _next) = (_next, null);
            Connect();
        }
    }

    private void Connect() => _clients.Add(new SamClient(_sam, TlsPolicy.ForClient(_sam.Host, _identity.Authorities, _identity.Certificate)));
}
