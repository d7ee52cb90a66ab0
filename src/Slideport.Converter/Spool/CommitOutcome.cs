namespace Slideport.Converter.Spool;

/// <summary>What became of an instance that was handed to the spool.</summary>
internal enum CommitOutcome
{
    /// <summary>It is on stable storage with its name and receipt.</summary>
    Stored,

    /// <summary>The same bytes were there already, or delivered already: nothing to do.</summary>
    Identical,

    /// <summary>Other bytes are there under the same UID: both are kept, this one in <c>conflict/</c>.</summary>
    Conflicting,
}
