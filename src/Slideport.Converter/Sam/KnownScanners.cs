using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Slideport.Converter.Delivery;
using Slideport.Converter.Receiving;
using Slideport.Converter.Spool;
using Slideport.Dicom.UpperLayer;
using Slideport.Files;
using Slideport.Protocol;
using Slideport.Protocol.Fleet;

namespace Slideport.Converter.Sam;

/// <summary>
/// What SAM has said of the scanners, kept in the spool as <c>fleet.json</c>: a revoked certificate stays revoked when the converter starts while
/// SAM is away. Asked at every handshake and every slide.
/// </summary>
internal sealed class KnownScanners
{
    private readonly string _path;
    private readonly SlideSettings _own;
    private readonly ImageStores _stores;
    private volatile Snapshot _snapshot;

    /// <summary>Takes up what was kept.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal KnownScanners(SpoolFolder folder, ImageStores stores, ConverterOptions options)
    {
        _path = Path.Join(folder.Root, "fleet.json");
        _own = SlideSettings.Of(options);
        _stores = stores;
        _snapshot = Snapshot.Empty;
        if (File.Exists(_path))
            _snapshot = Read(JsonSerializer.Deserialize<ScannerFleet>(File.ReadAllBytes(_path), ProtocolJson.Options)!);
    }

    private sealed record Known(string SerialNumber, SlideSettings Settings, IReadOnlyList<string> Identities);

    private sealed record Snapshot(FrozenSet<string> Revoked, FrozenDictionary<string, Known> ByIdentity)
    {
        internal static readonly Snapshot Empty = new([], FrozenDictionary<string, Known>.Empty);

        internal IReadOnlyList<string> Locations { get; } = [.. ByIdentity.Values.Select(k => k.Settings.Location).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>Takes SAM's word, durably.</summary>
    /// <exception cref="IOException">It could not be kept; it counts until the next start.</exception>
    internal void Learn(ScannerFleet fleet)
    {
        _snapshot = Read(fleet);
        DurableFile.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(fleet, ProtocolJson.Options));
    }

    /// <summary>Whether SAM has revoked a certificate.</summary>
    internal bool IsRevoked(X509Certificate2 certificate) => _snapshot.Revoked.Contains(certificate.GetCertHashString(HashAlgorithmName.SHA256));

    /// <summary>Whether SAM has named a scanner that a certificate belongs to.</summary>
    internal bool IsRegistered(X509Certificate2 certificate) =>
        _snapshot.ByIdentity.ContainsKey(ScannerIdentity.OfCertificate(certificate.GetCertHashString(HashAlgorithmName.SHA256)));

    /// <summary>The scanner behind an identity; null when SAM has not named it.</summary>
    internal string? SerialNumberOf(string scanner) => _snapshot.ByIdentity.TryGetValue(scanner, out var known) ? known.SerialNumber : null;

    /// <summary>What is to be made of the slides of a scanner.</summary>
    internal SlideSettings SettingsOf(string scanner) => _snapshot.ByIdentity.TryGetValue(scanner, out var known) ? known.Settings : _own;

    /// <summary>The file locations SAM has named for scanners, in order; the converter's own is not among them.</summary>
    internal IReadOnlyList<string> Locations => _snapshot.Locations;

    /// <summary>
    /// The identities a peer's slides may be known under, the one that new ones get first: the scanner's name where SAM knows its certificate,
    /// then each of its certificates, for slides that came before SAM had named it.
    /// </summary>
    internal IReadOnlyList<string> IdentitiesOf(PeerIdentity peer)
    {
        var own = ScannerIdentity.Of(peer);
        return _snapshot.ByIdentity.TryGetValue(own, out var known) ? known.Identities : [own];
    }

    private Snapshot Read(ScannerFleet fleet)
    {
        var known = new Dictionary<string, Known>(StringComparer.OrdinalIgnoreCase);
        foreach (var scanner in fleet.Scanners)
        {
            string[] identities = [ScannerIdentity.OfSerialNumber(scanner.SerialNumber), .. scanner.Certificates.Select(ScannerIdentity.OfCertificate)];
            var settings = _own.With(scanner.Images, _stores);
            foreach (var identity in identities)
                known[identity] = new Known(scanner.SerialNumber, settings, identities);
        }

        return new Snapshot(fleet.RevokedCertificates.ToFrozenSet(StringComparer.OrdinalIgnoreCase), known.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));
    }
}
