using System.Security.Cryptography;
using System.Text;
using OtpNet;
using Slideport.Sam.Database;

namespace Slideport.Sam.Users;

/// <summary>Codes of an authenticator app (RFC 6238: SHA-1, 30 s, six digits, as every app has them). Each counts once.</summary>
internal sealed class Totp(SecretBox secrets)
{
    private const int SecretBytes = 20; // RFC 4226 4, R6
    private const int Digits = 6;

    // One step before and after: clocks of telephones are seconds off, not minutes.
    private static readonly VerificationWindow Window = new(previous: 1, future: 1);

    /// <summary>A new secret for a user, sealed, and as the app takes it.</summary>
    internal (string Sealed, TotpSetUp SetUp) Create(User user)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var text = Base32Encoding.ToString(secret);
        var address = new OtpUri(OtpType.Totp, secret, user.Name, "Slideport", digits: Digits).ToString();
        return (secrets.Seal(user.Id, secret), new TotpSetUp(text, address));
    }

    /// <summary>The step a code stands for; null when it is not right now.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="sealedSecret">His secret, or the one he is setting up.</param>
    /// <param name="code">As typed.</param>
    /// <param name="now">The time.</param>
    internal long? StepOf(User user, string sealedSecret, string code, DateTimeOffset now)
    {
        var digits = string.Concat(code.Where(c => !char.IsWhiteSpace(c)));
        if (digits.Length != Digits || !digits.All(char.IsAsciiDigit))
            return null;
        var app = new OtpNet.Totp(secrets.Open(user.Id, sealedSecret), totpSize: Digits);
        return app.VerifyTotp(now.UtcDateTime, digits, out var step, Window) ? step : null;
    }

    /// <summary>Whether a code opens now, and has not before: it is used up by the question.</summary>
    internal bool TryUse(User user, string code, DateTimeOffset now)
    {
        if (user.TotpSecret is null || StepOf(user, user.TotpSecret, code, now) is not { } step || step <= user.TotpStep)
            return false;
        user.TotpStep = step;
        return true;
    }

    /// <summary>Codes for the day the telephone is lost: ten, 80 bits each, in groups of four.</summary>
    internal static IReadOnlyList<string> NewRecoveryCodes() =>
        [.. Enumerable.Range(0, 10).Select(_ => string.Join('-', Base32Encoding.ToString(RandomNumberGenerator.GetBytes(10)).ToLowerInvariant().Chunk(4).Select(c => new string(c))))];

    /// <summary>What is kept of a recovery code.</summary>
    internal static string HashOf(Guid userId, string recoveryCode)
    {
        var folded = string.Concat(recoveryCode.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"{userId:N}:{folded}")));
    }
}

/// <summary>What is to be put into the app, shown this once.</summary>
/// <param name="Secret">To be typed: base 32.</param>
/// <param name="Address">To be shown as a QR code: <c>otpauth://totp/…</c>.</param>
internal sealed record TotpSetUp(string Secret, string Address);
