using Slideport.Protocol.Configuration;

namespace Slideport.Sam.Users;

/// <summary>Whether a password may be taken. Which ones a user had before is asked elsewhere.</summary>
internal static class PasswordRules
{
    private const int NistShortest = 15;
    private const int Gt450Shortest = 8;

    // Long enough for every phrase, too short to make us hash for long.
    private const int Longest = 256;

    private const string Gt450Signs = "!@#$%^*_";

    /// <summary>What is wrong with a password, each with how to mend it; nothing when it can be taken.</summary>
    /// <param name="policy">The installation's policy.</param>
    /// <param name="password">The password, as <see cref="UserText.Fold"/> gives it.</param>
    /// <param name="field">Name of the field it came in.</param>
    /// <param name="own">The user's names.</param>
    internal static IReadOnlyList<FieldError> Check(PasswordPolicy policy, string password, string field, params IEnumerable<string> own)
    {
        var wrong = policy == PasswordPolicy.Nist ? Nist(password) : Gt450(password);
        if (wrong is null && password.Length > Longest)
            wrong = $"Take at most {Longest} characters.";
        if (wrong is null && CommonPasswords.Contain(password, own))
            wrong = "Guessers would try this among the first: it is made of common words, of the user's own name, or of rows of characters. Add words that have nothing to do with each other.";
        return wrong is null ? [] : [new FieldError(field, wrong)];
    }

    private static string? Nist(string password) => password.EnumerateRunes().Count() < NistShortest
        ? $"Take at least {NistShortest} characters; some words with spaces between them are easy to remember."
        : null;

    private static string? Gt450(string password) =>
        password.Length >= Gt450Shortest && password.Any(char.IsUpper) && password.Any(char.IsLower) && password.Any(char.IsDigit) && password.Any(Gt450Signs.Contains)
            ? null
            : $"Take at least {Gt450Shortest} characters with an upper-case and a lower-case letter, a digit and one of {Gt450Signs}.";
}
