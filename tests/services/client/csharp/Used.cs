// Finds each type and member that a library uses, on the runtime on which this runs, and prints the types.
using System;
using System.Reflection;

internal static class Used
{
    private const int Types = 0x01000000;
    private const int Members = 0x0A000000;
    private const int Methods = 0x2B000000;

    private static int Main(string[] words)
    {
        Module library = Assembly.LoadFrom(words[0]).ManifestModule;
        Each(Types, token =>
        {
            Type found = library.ResolveType(token);
            while (found.DeclaringType != null)
            {
                found = found.DeclaringType;
            }
            Console.WriteLine(found.FullName);
        });
        // One that is not there throws MissingMethodException or MissingFieldException.
        int members = Each(Members, token => library.ResolveMember(token));
        Each(Methods, token => library.ResolveMember(token));
        Console.WriteLine(members);
        return 0;
    }

    /// <summary>Does it with every entry of a table of the library's metadata; how many there were.</summary>
    private static int Each(int table, Action<int> act)
    {
        for (int row = 1; ; row++)
        {
            try
            {
                act(table + row);
            }
            catch (ArgumentOutOfRangeException)
            {
                return row - 1;
            }
        }
    }
}
