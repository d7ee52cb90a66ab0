using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Slideport.Protocol;
using Slideport.Protocol.Sessions;

namespace Slideport.Dsr.Sam;

/// <summary>Who is logged in: SAM knows. What it has said of a session holds for some seconds; a session that ends there is over here as soon.</summary>
internal sealed class People(SamAddress sam, TimeProvider time) : IDisposable
{
    private const int MaxRemembered = 4096;
    private static readonly TimeSpan Holds = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<TokenHash, (Person Holder, long At)> _known = new();
    private readonly Lock _lock = new(); // guards the client
    private (Uri Address, object? Certificate, SamRoleClient Client)? _client;

    /// <summary>Who holds a session's token; null: nobody any more.</summary>
    /// <exception cref="SamAwayException">SAM cannot be asked, or does not say.</exception>
    internal async Task<Person?> FindAsync(string token, CancellationToken cancellationToken)
    {
        var key = TokenHash.Of(token);
        if (Recall(key) is { } known)
            return known;
        var session = await AskAsync(sam => sam.FindSessionAsync(token, cancellationToken), cancellationToken);
        if (_known.Count >= MaxRemembered)
            _known.Clear();
        if (session is null)
        {
            _known.TryRemove(key, out _);
            return null;
        }

        var holder = new Person(session);
        _known[key] = (holder, time.GetTimestamp());
        return holder;
    }

    /// <summary>The same without asking; null: SAM has not said so within these seconds.</summary>
    internal Person? Recall(string token) => Recall(TokenHash.Of(token));

    /// <summary>Logs somebody in at SAM.</summary>
    /// <exception cref="SamAwayException">SAM cannot be asked.</exception>
    /// <exception cref="SamException">He is not let in, or a code is wanted.</exception>
    internal Task<SignInResult> SignInAsync(SignInRequest question, CancellationToken cancellationToken) => AskAsync(sam => sam.SignInAsync(question, cancellationToken), cancellationToken);

    /// <summary>Ends a session.</summary>
    internal async Task EndAsync(string token, string source, CancellationToken cancellationToken)
    {
        _known.TryRemove(TokenHash.Of(token), out _);
        await AskAsync(async sam =>
        {
            await sam.EndSessionAsync(token, source, cancellationToken);
            return true;
        }, cancellationToken);
    }

    /// <summary>Changes a person's password; all of his sessions end.</summary>
    /// <exception cref="SamAwayException">SAM cannot be asked.</exception>
    /// <exception cref="SamException">A password is not his, or cannot be used.</exception>
    internal async Task ChangePasswordAsync(SessionPasswordChange change, CancellationToken cancellationToken)
    {
        await AskAsync(async sam =>
        {
            await sam.ChangePasswordAsync(change, cancellationToken);
            return true;
        }, cancellationToken);
        _known.TryRemove(TokenHash.Of(change.Token), out _);
    }

    public void Dispose() => _client?.Client.Dispose();

    private async Task<T> AskAsync<T>(Func<SamRoleClient, Task<T>> question, CancellationToken cancellationToken)
    {
        try
        {
            return await question(Client());
        }
        catch (Exception e) when (e is HttpRequestException or SamException { Status: not (HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests or HttpStatusCode.UnprocessableEntity) } || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new SamAwayException(e);
        }
    }

    private Person? Recall(TokenHash key) => _known.TryGetValue(key, out var known) && time.GetElapsedTime(known.At) < Holds ? known.Holder : null;

    private SamRoleClient Client()
    {
        var address = sam.Address() ?? throw new HttpRequestException("SAM has not started yet.");
        var tls = sam.Tls(address.Host);
        using var one = _lock.EnterScope();
        // The old one's requests end by themselves: it is left to the garbage collector with them.
        if (_client is { } client && client.Address == address && ReferenceEquals(client.Certificate, tls.ClientCertificateContext))
            return client.Client;
        var made = new SamRoleClient(address, tls);
        _client = (address, tls.ClientCertificateContext, made);
        return made;
    }

    // A token is in no memory longer than it must be.
    private readonly record struct TokenHash(UInt128 First, UInt128 Second)
    {
        private const int MaxOnStack = 256;

        internal static TokenHash Of(string token)
        {
            var length = Encoding.UTF8.GetMaxByteCount(token.Length);
            var bytes = length <= MaxOnStack ? stackalloc byte[MaxOnStack] : new byte[length];
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(token, bytes)], hash);
            return new TokenHash(BinaryPrimitives.ReadUInt128LittleEndian(hash), BinaryPrimitives.ReadUInt128LittleEndian(hash[16..]));
        }
    }
}
