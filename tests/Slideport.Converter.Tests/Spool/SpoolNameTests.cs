using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Slideport.Converter.Spool;

namespace Slideport.Converter.Tests.Spool;

public sealed class SpoolNameTests
{
    [Fact]
    public void A_name_is_the_first_130_bits_of_the_hash_in_base32() =>
        Gen.String.Sample(
            text =>
            {
                var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
                var bits = new BigInteger(hash.AsSpan(0, 17), isUnsigned: true, isBigEndian: true) >> 6; // 136 - 130
                var expected = new char[26];
                for (var i = 25; i >= 0; i--, bits >>= 5)
                    expected[i] = "abcdefghijklmnopqrstuvwxyz234567"[(int)(bits & 31)];
                return SpoolName.Of(text) == new string(expected);
            },
            iter: 2000);

    [Fact]
    public void Parts_are_told_apart() => Assert.NotEqual(SpoolName.Of("1.2", "3"), SpoolName.Of("1.2.3"));
}
