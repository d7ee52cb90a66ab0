using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Slideport.Dsr.Catalogue;

/// <summary>What a slide is called in addresses: 32 hexadecimal digits made of where it lies. A catalogue that is made anew calls it the same, so links stay good.</summary>
internal static class SlideId
{
    /// <summary>No slide's.</summary>
    internal static readonly string None = new('0', 2 * Bytes);

    private const int Bytes = 16;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>The id of what lies under a name on an image file system.</summary>
    /// <param name="storeId">The image file system's own id: it may be mounted elsewhere next time.</param>
    /// <param name="name">A file's or folder's name there.</param>
    internal static string Of(Guid storeId, string name) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{storeId:n}/{name}")).AsSpan(0, Bytes));

    /// <summary>Whether text can be one.</summary>
    internal static bool IsMeant(string text) => text.Length == 2 * Bytes && !text.AsSpan().ContainsAnyExcept(Digits);

    /// <summary>A UID for a slide whose files name none (PS3.5 B.2).</summary>
    internal static string UidOf(string id) => "2.25." + new BigInteger(Convert.FromHexString(id), isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture);
}
