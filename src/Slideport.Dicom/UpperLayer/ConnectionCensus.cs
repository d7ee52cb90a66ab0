using System.Net;

namespace Slideport.Dicom.UpperLayer;

/// <summary>Counts connections against the limits: in all, without an association from one address, with one certificate. Thread-safe.</summary>
internal sealed class ConnectionCensus(AssociationLimits limits)
{
    private readonly Lock _lock = new(); // guards everything below
    private readonly Dictionary<IPAddress, int> _unauthenticated = [];
    private readonly Dictionary<string, int> _certificates = [];
    private int _connections;

    /// <summary>Counts a new connection; the reason it is one too many, or null.</summary>
    public string? Enter(IPAddress address)
    {
        lock (_lock)
        {
            if (_connections >= limits.MaxConnections)
                return $"There are {limits.MaxConnections} connections already.";
            var waiting = _unauthenticated.GetValueOrDefault(address);
            if (waiting >= limits.MaxUnauthenticatedPerAddress)
                return $"{address} has {waiting} connections without an association already.";
            _connections++;
            _unauthenticated[address] = waiting + 1;
            return null;
        }
    }

    /// <summary>The connection has an association now; false when its certificate has too many.</summary>
    public bool TryAuthenticate(IPAddress address, string? certificateThumbprint)
    {
        lock (_lock)
        {
            var count = certificateThumbprint is null ? 0 : _certificates.GetValueOrDefault(certificateThumbprint);
            if (count >= limits.MaxAssociationsPerCertificate)
                return false;
            if (certificateThumbprint is not null)
                _certificates[certificateThumbprint] = count + 1;
            Decrease(_unauthenticated, address);
            return true;
        }
    }

    /// <summary>The connection is over.</summary>
    public void Leave(IPAddress address, bool authenticated, string? certificateThumbprint)
    {
        lock (_lock)
        {
            _connections--;
            if (!authenticated)
                Decrease(_unauthenticated, address);
            else if (certificateThumbprint is not null)
                Decrease(_certificates, certificateThumbprint);
        }
    }

    private static void Decrease<T>(Dictionary<T, int> counts, T key)
        where T : notnull
    {
        if (--counts[key] == 0)
            counts.Remove(key);
    }
}
