using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Slideport.Files;
using Slideport.Protocol;

namespace Slideport.Dsr.Sam;

/// <summary>Certificates that SAM has revoked, kept in a file: one stays revoked when this role starts while SAM is away.</summary>
internal sealed class RevokedCertificates
{
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(30);

    private readonly string _path;
    private volatile FrozenSet<string> _thumbprints = [];
    private FrozenSet<string> _kept = [];
    private string? _tag;

    /// <summary>Takes up what was kept.</summary>
    /// <param name="folder">The role's own.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal RevokedCertificates(string folder)
    {
        _path = Path.Join(folder, "revoked.json");
        if (File.Exists(_path))
            _thumbprints = _kept = Set(Read(_path));
    }

    /// <summary>Raised when there are other ones: connections may have to go.</summary>
    internal event Action? Changed;

    /// <summary>Whether a certificate is good no more.</summary>
    internal bool Contains(X509Certificate2 certificate) => _thumbprints.Contains(certificate.GetCertHashString(HashAlgorithmName.SHA256));

    /// <summary>Asks SAM once; the answer comes with the next change.</summary>
    internal async Task FollowAsync(SamRoleClient sam, CancellationToken cancellationToken)
    {
        if (await sam.GetFleetAsync(_tag, LongPoll, cancellationToken) is not { } answer)
            return;
        var revoked = Set(answer.Fleet.RevokedCertificates);
        if (!revoked.SetEquals(_thumbprints))
        {
            _thumbprints = revoked;
            Changed?.Invoke();
        }

        // What counts already is written as soon as it can be, though the disk is full now.
        if (!revoked.SetEquals(_kept))
        {
            DurableFile.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(answer.Fleet.RevokedCertificates));
            _kept = revoked;
        }

        _tag = answer.Tag;
    }

    private static string[] Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(path)) ?? [];
        }
        catch (JsonException e)
        {
            throw new IOException($"'{path}' is not what Slideport wrote; remove it when SAM can be reached, which tells all of it again.", e);
        }
    }

    private static FrozenSet<string> Set(IEnumerable<string> thumbprints) => thumbprints.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
