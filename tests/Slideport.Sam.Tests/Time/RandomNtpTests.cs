using CsCheck;
using Slideport.Dicom.Tests.DataSets;
using Slideport.Fuzz.Targets;

namespace Slideport.Sam.Tests.Time;

/// <summary>The fuzz target as an ordinary test.</summary>
public sealed class RandomNtpTests
{
    [Fact]
    public void Any_bytes_are_a_question_or_an_answer_only_where_RFC_5905_says_so() => Gen.Byte.Array[0, 100].Sample(bytes => NtpTarget.Fuzz(bytes), iter: 5000);

    [Fact]
    public void Mutations_of_good_packets_are_taken_only_where_RFC_5905_says_so() =>
        Mutations.Sample([.. NtpTarget.Seeds()], bytes => NtpTarget.Fuzz(bytes), iterations: 3000);
}
