using System.Text;
using Slideport.Protocol.Configuration;
using Slideport.Sam.Database;

namespace Slideport.Sam.Users;

/// <summary>Names and passwords as they are compared.</summary>
internal static class UserText
{
    private const int MaxFullName = 200;

    /// <summary>The text in the form in which two ways of typing the same are the same (NFKC; NIST SP 800-63B-4 3.1.1.2).</summary>
    internal static string Fold(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Normalize(NormalizationForm.FormKC);

    /// <summary>A login name as it is looked up: case does not matter.</summary>
    internal static string NameKey(string name) => Fold(name.Trim()).ToUpperInvariant();

    /// <summary>A user in the audit trail: <c>user:NAME</c>.</summary>
    internal static string Holder(string name) => $"user:{name}";

    /// <summary>What is wrong with a new user's names.</summary>
    internal static IEnumerable<FieldError> CheckNames(string name, string fullName)
    {
        if (name.Trim().Length is 0 or > UserTables.MaxName || NameKey(name).Length > UserTables.MaxName || name.Any(char.IsControl))
            yield return new FieldError("name", $"Write 1 to {UserTables.MaxName} letters, digits and signs.");
        if (fullName.Length > MaxFullName || fullName.Any(char.IsControl))
            yield return new FieldError("fullName", $"Longer than {MaxFullName} characters, or control characters in it.");
    }
}
